"use strict";
// The progress of publishes: reads the tasks of each channel that is being published, and reloads the page at the end.
const ENDED = ["SUCCESS", "FAILURE"];
const follow = async (block) => {
  const bar = block.querySelector("progress");
  const percent = block.querySelector(".percent");
  for (let failures = 0; failures < 5;) {
    try {
      const response = await fetch(`/api/task?channel=${block.dataset.channel}`, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      const running = (await response.json()).find((task) => task.task_name === "export-channel" && !ENDED.includes(task.status));
      if (!running) return true;
      bar.value = running.progress;
      percent.textContent = `${running.progress} %`;
      failures = 0;
    } catch {
      failures += 1;
    }
    await new Promise((done) => setTimeout(done, document.hidden ? 15000 : 2000));
  }
  return false;
};
const blocks = [...document.querySelectorAll(".publishing[data-channel]")];
if (blocks.length) {
  Promise.any(blocks.map(async (block) => (await follow(block)) || Promise.reject(new Error("lost"))))
    .then(() => location.reload(), () => {});
}
