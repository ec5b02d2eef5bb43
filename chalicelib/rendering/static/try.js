"use strict";
// Filters that were left empty are not sent.
for (const form of document.querySelectorAll("form.query")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) field.disabled = !field.value && field.name;
    setTimeout(() => { for (const field of form.elements) field.disabled = false; });
  });
}
const valueOf = (input) => {
  switch (input.dataset.kind) {
    case "checkbox": return input.checked;
    case "multiple": return [...input.selectedOptions].map((option) => option.value);
    case "number": return input.value === "" ? undefined : Number(input.value);
    case "json": return input.value.trim() ? JSON.parse(input.value) : undefined;
    case "select": return input.value === "" ? undefined : input.value;
    default: return input.value;
  }
};
// Each input writes its field into the JSON, which is what is sent.
for (const input of document.querySelectorAll("form.try [data-field]")) {
  input.addEventListener("input", () => {
    const area = input.closest("fieldset").querySelector("[data-json]");
    try {
      const body = JSON.parse(area.value.trim() || "{}");
      body[input.dataset.field] = valueOf(input);
      area.value = JSON.stringify(body, null, 2);
      input.classList.remove("is-invalid");
    } catch { input.classList.add("is-invalid"); }
  });
}
const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
const send = async (form, url, method, part) => {
  const headers = { Accept: "application/json" };
  if (cookie("csrftoken")) headers["X-CSRFToken"] = cookie("csrftoken");
  if (form.token?.value) headers.Authorization = `Token ${form.token.value.trim()}`;
  const options = { method, headers };
  const file = part.querySelector("[type=file]")?.files[0];
  const json = part.querySelector("[data-json], [name=body]")?.value.trim();
  if (file) {
    options.body = new FormData();
    options.body.append("file", file);
  } else if (json && method !== "GET") {
    options.body = json;
    headers["Content-Type"] = "application/json";
  }
  const started = performance.now();
  const response = await fetch(url, options);
  const text = await response.text();
  let body = text;
  try { body = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as text */ }
  return `${response.status} ${response.statusText} · ${Math.round(performance.now() - started)} ms\n\n${body || "No content"}`;
};
for (const details of document.querySelectorAll("details.try")) details.hidden = false;
for (const form of document.querySelectorAll("form.try")) {
  const chosen = () => form.dataset.method || form.method_name.value;
  for (const choice of form.querySelectorAll("[name=method_name]")) {
    choice.addEventListener("change", () => {
      for (const part of form.querySelectorAll("fieldset[data-method]")) part.hidden = part.dataset.method !== chosen();
      form.querySelector(".sent-method").textContent = chosen();
    });
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const method = chosen(), url = form.url?.value.trim() || form.dataset.url;
    if (new URL(url, location.href).origin !== location.origin) return;
    if (method === "DELETE" && !confirm(`Delete ${url}?`)) return;
    const shown = form.querySelector(".answer");
    const part = form.querySelector(`fieldset[data-method="${method}"]`) ?? form;
    shown.hidden = false;
    shown.textContent = "…";
    try { shown.textContent = await send(form, url, method, part); } catch (problem) { shown.textContent = String(problem); }
  });
}
