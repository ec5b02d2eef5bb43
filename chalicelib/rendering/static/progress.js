"use strict";
// Follows tasks, by their id or as the publish of a channel: shows the progress, and loads the page again when one has
// ended. Without scripts, a page says how to see the end.
const ENDED = ["SUCCESS", "FAILURE"];
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const get = async (path) => {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
};
const read = async ({ task, channel }) => {
  if (task) return get(`/api/task/${task}`);
  const found = await get(`/api/task?channel=${channel}`);
  return found.find((one) => one.task_name === "export-channel" && !ENDED.includes(one.status));
};
const show = (block, name, text) => {
  const place = block.querySelector(`.${name}`);
  if (place) place.textContent = text;
};
// The time left in plain words, as the filter `left` of the pages says it.
const left = (seconds) => {
  if (seconds === undefined) return "";
  const minutes = Math.round(seconds / 60);
  if (minutes < 2) return minutes ? "about a minute left" : "less than a minute left";
  const hours = Math.round(minutes / 60);
  if (minutes < 60) return `about ${minutes} minutes left`;
  return hours > 1 ? `about ${hours} hours left` : "about an hour left";
};
const follow = async (block) => {
  for (let failures = 0; failures < 5;) {
    try {
      const task = await read(block.dataset);
      if (!task || ENDED.includes(task.status)) {
        const here = new URL(location.href);
        here.searchParams.delete("message");
        location.replace(here);
        return;
      }
      block.querySelector("progress").value = task.progress;
      show(block, "percent", `${task.progress} %`);
      show(block, "detail", task.detail || "Waiting for a worker");
      show(block, "left", left(task.seconds_left));
      failures = 0;
    } catch {
      failures += 1;
    }
    await pause(document.hidden ? 15000 : 2000);
  }
  show(block, "detail", "The progress cannot be read. Reload this page.");
};
document.querySelectorAll("[data-task], .publishing[data-channel]").forEach(follow);
