// Loads a signed-in page anew when the browser brings it back out of its back-forward cache: the session
// may have ended since, on another device. Answers with no-store do not keep a page out of that cache.

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
