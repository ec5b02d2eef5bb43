"use strict";
// Nodes of a tree can be dragged: between two nodes, or into a topic. This fills in the form of the page to move a node.
(() => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  const level = document.getElementById("children");
  if (!token || !level) return;
  const places = ["drop-left", "drop-right", "drop-into"];
  let dragged = null, marked = null;

  const idOf = (item) => item.id.replace("node-", "");
  const itemOf = (event) => event.target.closest?.("#children li.node");
  const unmark = () => { marked?.classList.remove(...places); marked = null; };
  const placeOf = (event, item) => {
    const box = item.firstElementChild.getBoundingClientRect();
    const part = (event.clientY - box.top) / box.height;
    if (item.dataset.kind === "topic" && part > 0.3 && part < 0.7) return "drop-into";
    return part < 0.5 ? "drop-left" : "drop-right";
  };
  const move = (node, place, target) => {
    const form = document.createElement("form");
    const into = place === "drop-into";
    const values = {
      csrfmiddlewaretoken: token.value,
      into: into ? target : "",
      place: into ? "last-child" : `${place.replace("drop-", "")}:${target}`,
      next: location.pathname,
    };
    form.method = "post";
    form.action = `${node.querySelector("a[href*='/nodes/']").getAttribute("href")}move/`;
    for (const [name, value] of Object.entries(values)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  };

  document.addEventListener("pointerdown", (event) => {
    const item = itemOf(event);
    if (item) item.draggable = true;
  });
  document.addEventListener("dragstart", (event) => {
    dragged = itemOf(event);
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector("a").textContent);
  });
  document.addEventListener("dragover", (event) => {
    const item = itemOf(event);
    unmark();
    if (!dragged || !item || dragged.contains(item)) return;
    event.preventDefault();
    marked = item;
    item.classList.add(placeOf(event, item));
  });
  document.addEventListener("drop", (event) => {
    const item = itemOf(event);
    if (!dragged || !item || dragged.contains(item)) return;
    event.preventDefault();
    move(dragged, placeOf(event, item), idOf(item));
  });
  document.addEventListener("dragend", () => { dragged = null; unmark(); });
  const hint = document.createElement("p");
  hint.className = "small text-body-secondary mb-1";
  hint.textContent = "Drag a node to move it. With the keyboard: open it, then choose Move.";
  if (level.querySelector("li.node")) level.before(hint);
})();
