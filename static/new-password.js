// Says during input what a new password still lacks. The server decides, and says the same without this
// file. Which passwords are common is known to the server only.

const SEQUENCES = [
  "abcdefghijklmnopqrstuvwxyz",
  "1234567890qwertyuiopasdfghjklzxcvbnm",
  "0123456789",
];
// Long enough that a screen reader is not interrupted at every key.
const PAUSE = 400;

const field = document.querySelector("input[autocomplete=new-password]");
const hint = document.querySelector("output.live");

const characters = (text) => [...text].length;
const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
const backwards = (text) => [...text].reverse().join("");

function isSequence(text) {
  return SEQUENCES.some((sequence) => {
    const long = sequence.repeat(Math.ceil(text.length / sequence.length) + 1);
    return long.includes(text) || long.includes(backwards(text));
  });
}

function isOwn(text) {
  const own = ["name", "email"].map((id) => document.getElementById(id)?.value ?? "");
  const typed = plain(text);
  return typed !== "" && own.some((value) => [plain(value), backwards(plain(value))].includes(typed));
}

function say() {
  const typed = field.value;
  const says = hint.dataset;
  const missing = field.minLength - characters(typed);
  const beyond = characters(typed) - Number(hint.dataset.most);
  const lower = typed.toLowerCase();
  let words = says.good;
  if (typed === "") words = "";
  else if (missing > 0) words = says.missing.replace("#", missing);
  else if (beyond > 0) words = says.beyond.replace("#", beyond);
  else if (/^(.{1,3}?)\1+$/su.test(lower)) words = says.repeated;
  else if (isSequence(lower)) words = says.sequence;
  else if (isOwn(typed)) words = says.own;
  if (hint.textContent !== words) hint.textContent = words;
  hint.classList.toggle("good", words === says.good);
}

if (field && hint) {
  let pause;
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(say, PAUSE);
  });
}
