// Writes the times of a page in the time zone of the reader, and keeps their relative words current. Without
// this file they are in UTC, and as old as the page.

const DAY = 86400;
const UNITS = { minute: 60, hour: 3600, day: DAY };

const { lang } = document.documentElement;
// The day is written before the month. Plain English has it after the month.
const locale = lang === "en" ? "en-GB" : lang;
const date = { day: "numeric", month: "short", year: "numeric" };
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const dates = new Intl.DateTimeFormat(locale, date);
const minutes = new Intl.DateTimeFormat(locale, { ...date, ...clock });
const relative = new Intl.RelativeTimeFormat(locale);

const times = [...document.querySelectorAll("time")];
const zone = document.querySelector("[data-now]");
// The clock of the reader can be wrong, so only its progress counts.
const ahead = Date.now() - Date.parse(zone.dataset.now);

// Nothing if it is less than a minute: the page says so already.
function words(seconds) {
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.round(Math.abs(seconds) / size) * size;
    if (count === 0) return;
    const next = { minute: UNITS.hour, hour: DAY }[unit];
    if (!(count >= next)) return relative.format((Math.sign(seconds) * count) / size, unit);
  }
}

function write() {
  for (const time of times) {
    const then = new Date(time.dateTime);
    const seconds = (then - Date.now() + ahead) / 1000;
    const hasMinute = "exact" in time.dataset || Math.abs(seconds) < DAY;
    const texts = [(hasMinute ? minutes : dates).format(then), words(seconds)];
    for (const [index, text] of texts.entries()) {
      const part = time.children[index];
      if (text && part.textContent !== text) part.textContent = text;
    }
  }
}

// The log has a section for each day in UTC. The days of the reader begin at other times.
function regroup() {
  const sections = [...document.querySelectorAll("[data-day]")];
  let section;
  for (const row of sections.flatMap((one) => [...one.querySelectorAll("li")])) {
    const day = dates.format(new Date(row.querySelector("time").dateTime));
    if (section?.firstElementChild.textContent !== day) {
      const last = section;
      section = sections.shift();
      if (!section) {
        section = last.cloneNode(true);
        section.querySelector("ul").replaceChildren();
        last.after(section);
        section.firstElementChild.id += "-2";
        section.setAttribute("aria-labelledby", section.firstElementChild.id);
      }
      section.firstElementChild.textContent = day;
    }
    section.querySelector("ul").append(row);
  }
  for (const empty of sections) empty.remove();
}

zone.textContent = zone.textContent.replace("UTC", dates.resolvedOptions().timeZone);
regroup();
write();
setInterval(write, 30_000);
// A browser delays the timers of a page that is not visible.
document.addEventListener("visibilitychange", write);
