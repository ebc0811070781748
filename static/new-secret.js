// Warns once before a page with a new secret is left before the secret was saved. A browser asks only if
// the page was used. The page of recovery codes also lets a user download or print them, and has a link
// by which the user says that they are saved.
const warn = (event) => {
  event.returnValue = true;
  stop();
};
const stop = () => removeEventListener("beforeunload", warn);
addEventListener("beforeunload", warn);
for (const saved of ["copied", "copy", "beforeprint"]) addEventListener(saved, stop);
for (const link of document.querySelectorAll("[data-saved]")) link.addEventListener("click", stop);
