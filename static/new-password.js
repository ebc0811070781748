// Says, while a new password is typed, what it still lacks. The server has the last word and says it
// without this, too; what only it knows (which passwords are common) is not said here.

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
  const missing = field.minLength - characters(typed);
  const beyond = characters(typed) - Number(hint.dataset.most);
  const lower = typed.toLowerCase();
  let words = "Long enough.";
  if (typed === "") words = "";
  else if (missing > 0) words = missing === 1 ? "1 more character." : `${missing} more characters.`;
  else if (beyond > 0) words = `${beyond} too many characters.`;
  else if (/^(.{1,3}?)\1+$/su.test(lower)) words = "Avoid repeating the same characters.";
  else if (isSequence(lower)) words = "Avoid sequences such as abcdef or qwerty.";
  else if (isOwn(typed)) words = "Use more than your name and your address.";
  if (hint.textContent !== words) hint.textContent = words;
  hint.classList.toggle("good", words === "Long enough.");
}

if (field && hint) {
  let pause;
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(say, PAUSE);
  });
}
