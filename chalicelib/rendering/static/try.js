"use strict";
for (const form of document.querySelectorAll("form.query")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) field.disabled = !field.value;
    setTimeout(() => { for (const field of form.elements) field.disabled = false; });
  });
}
const form = document.querySelector("form.try");
if (form) {
  const bodies = JSON.parse(form.dataset.bodies);
  const show = () => {
    form.body.value = bodies[form.method_name.value] ?? "";
    form.body.closest("label").hidden = !(form.method_name.value in bodies);
  };
  form.method_name.addEventListener("change", show);
  show();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const method = form.method_name.value;
    const headers = { Accept: "application/json" };
    const csrf = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="));
    if (csrf) headers["X-CSRFToken"] = csrf.slice("csrftoken=".length);
    if (form.token.value) headers.Authorization = `Token ${form.token.value.trim()}`;
    const options = { method, headers };
    if (method in bodies && form.body.value.trim()) {
      options.body = form.body.value;
      headers["Content-Type"] = "application/json";
    }
    const shown = document.querySelector("#answer");
    shown.hidden = false;
    shown.textContent = "…";
    try {
      const response = await fetch(location.pathname + location.search, options);
      const text = await response.text();
      let body = text;
      try { body = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as text */ }
      shown.textContent = `${response.status} ${response.statusText}\n\n${body}`;
    } catch (problem) {
      shown.textContent = String(problem);
    }
  });
}
