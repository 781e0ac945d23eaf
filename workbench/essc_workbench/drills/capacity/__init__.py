"""From what drills cost to what a country needs: a small model that states what it assumes.

`stretches` takes the calm seconds of drills, `fits` finds what a journey costs in them (`costs`),
`assumptions` are what no drill can tell, `model` puts both together, `checking` predicts a drill
that was kept from the fit.
"""
