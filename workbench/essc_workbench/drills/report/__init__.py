"""What a drill shows: report.html, and the lines that end it in a terminal."""
