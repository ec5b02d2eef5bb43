"use strict";
// Filters the list of operations while one types; without this script the server does.
const search = document.querySelector("form.search input");
if (search) {
  const items = [...document.querySelectorAll(".operations > li")];
  const texts = new Map(items.map((item) => [item, item.dataset.text.toLowerCase()]));
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) item.hidden = !words.every((word) => texts.get(item).includes(word));
    for (const section of document.querySelectorAll("section.subject"))
      section.hidden = !section.querySelector(".operations > li:not([hidden])");
    document.querySelector(".none").hidden = items.some((item) => !item.hidden);
  };
  search.addEventListener("input", filter);
}
// Opens the details that a link leads to.
const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target?.classList.contains("type") && target.nextElementSibling?.nextElementSibling?.tagName === "DETAILS")
    target.nextElementSibling.nextElementSibling.open = true;
};
addEventListener("hashchange", open);
open();
