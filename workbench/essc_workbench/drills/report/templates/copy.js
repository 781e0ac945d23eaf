document.getElementById("copy").addEventListener("click", () => {
  const line = document.getElementById("replay");
  getSelection().selectAllChildren(line);
  if (navigator.clipboard) navigator.clipboard.writeText(line.textContent).catch(() => {});
});
