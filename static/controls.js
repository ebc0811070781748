// Additions to the controls of every page. Without this file each of them works, or is not shown.

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const named = (id) => document.getElementById(id);

// Sends a form once for a double click. The second request would discard the response to the first one,
// and with it a new session cookie.
const sentAt = new WeakMap();
document.addEventListener("submit", (event) => {
  const { target: form, submitter, timeStamp: now } = event;
  if ((submitter?.formMethod || form.method) !== "post") return;
  if (now - sentAt.get(form) < 1000) event.preventDefault();
  else sentAt.set(form, now);
});

// Copy buttons. A page over http has no clipboard, but the older command.
for (const button of all("[data-copy]")) {
  const field = named(button.dataset.copy);
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    button.querySelector("span").textContent = button.dataset.done;
    field.dispatchEvent(new Event("copied", { bubbles: true }));
  });
}

// Buttons that show a password. It is hidden again before it is sent, because a browser stores what a
// text field had.
for (const button of all("[data-show]")) {
  const field = named(button.dataset.show);
  const words = { password: button.textContent, text: button.dataset.hide };
  const show = (type) => {
    field.type = type;
    button.textContent = words[type];
  };
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "text" ? "password" : "text"));
  field.form.addEventListener("submit", () => show("password"));
}

// The number of ticked rows, and the tick for all of them.
for (const output of all("[data-count]")) {
  const form = output.closest("form");
  const boxes = all("tbody [type=checkbox]", form);
  const every = form.querySelector("[data-all]");
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    output.textContent = output.dataset.count.replace("#", ticked);
    if (!every) return;
    every.checked = ticked > 0 && ticked === boxes.length;
    every.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  if (every) every.closest("label").hidden = boxes.length === 0;
  form.addEventListener("change", (event) => {
    if (event.target === every) for (const box of boxes) box.checked = every.checked;
    count();
  });
  // A browser that goes back restores the ticks without an event of them.
  addEventListener("pageshow", count);
  count();
}

// The seconds until a form can be sent again.
for (const wait of all("[data-wait]")) {
  const until = Date.now() + wait.dataset.wait * 1000;
  const buttons = all("button:not([type])", wait.closest("form") ?? document.querySelector("main"));
  const seconds = new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit: "second",
    unitDisplay: "long",
  });
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    for (const button of buttons) button.disabled = left > 0;
    wait.textContent = left > 0 ? wait.dataset.text.replace("#", seconds.format(left)) : wait.dataset.over;
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}

for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A message that was read. The focus goes to the content, because the button is gone with the message.
for (const button of all("[data-dismiss]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.parentElement.remove();
    named("main").focus();
  });
}

// Buttons that open a dialog, in place of the links to a page that asks the same.
for (const button of all("[data-dialog]")) {
  button.hidden = false;
  button.previousElementSibling.hidden = true;
  button.addEventListener("click", () => named(button.dataset.dialog).showModal());
}

// Buttons that ask before they act, in place of the page that asks the same.
for (const button of all("[data-ask]")) {
  button.type = "button";
  button.addEventListener("click", () => {
    const dialog = named("ask");
    dialog.querySelector("h2").textContent = button.dataset.ask;
    dialog.querySelector(".sub").textContent = button.dataset.facts;
    const [note, unused] = all("p:not(.sub)", dialog);
    if (unused) {
      note.hidden = "unused" in button.dataset;
      unused.hidden = !note.hidden;
    }
    dialog.querySelector("form").action = button.getAttribute("formaction") ?? button.form.action;
    dialog.showModal();
  });
}

// On a narrow screen, the menu may begin left of the entry of the page.
document.querySelector(".site [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

const openMenus = () => all("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) menu.open = menu.contains(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
