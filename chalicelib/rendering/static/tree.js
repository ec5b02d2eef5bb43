"use strict";
// Topics open in place: their page is fetched, and its list put below them. Without this script, links lead to the page.
const opened = async (item, link, button) => {
  const response = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(String(response.status));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const level = page.querySelector("#children");
  level.removeAttribute("id");
  level.classList.add("mt-2");
  item.append(level);
  prepare(level);
  return level;
};
const prepare = (root) => {
  for (const link of root.querySelectorAll("a[data-opens]")) {
    const button = document.createElement("button");
    const item = link.closest("li");
    let level = null;
    button.type = "button";
    button.className = "btn btn-sm btn-outline-secondary opener";
    button.textContent = "+";
    button.setAttribute("aria-label", `Open ${link.textContent}`);
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", async () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      if (open && !level) {
        button.disabled = true;
        try { level = await opened(item, link, button); } catch { location.href = link.href; return; }
        button.disabled = false;
      }
      level.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "−" : "+";
    });
    item.firstElementChild.prepend(button);
  }
};
prepare(document);
