// Warns once before the page of a new secret is left without a copy of it. A browser asks only if the
// page was used.
const warn = (event) => {
  event.returnValue = true;
  stop();
};
const stop = () => removeEventListener("beforeunload", warn);
addEventListener("beforeunload", warn);
for (const copied of ["copied", "copy"]) addEventListener(copied, stop);
