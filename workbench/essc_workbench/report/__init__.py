"""What a run leaves behind: verdict.json, junit.xml, report.html."""
