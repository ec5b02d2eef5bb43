"use strict";
// Uploads files straight to the bucket, several one after the other, with progress. Without this script, the form is sent
// with one small file.
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form || !window.Worker) return;
  const { taken, worker, md5, timed } = form.dataset;
  const presets = JSON.parse(taken), kinds = (timed || "").split(" ");
  const input = form.querySelector("input[type=file]"), list = document.getElementById("uploads");
  const spoken = document.getElementById("upload-news"), zone = document.getElementById("drop");
  const token = form.querySelector("input[name=csrfmiddlewaretoken]").value;
  let isBusy = false;
  const waiting = [];

  const say = (text) => { spoken.textContent = text; };
  const base64 = (hex) => btoa(hex.match(/../g).map((pair) => String.fromCharCode(parseInt(pair, 16))).join(""));
  const extensionOf = (name) => (name.includes(".") ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "");

  // The MD5 of a file as hex digits, computed in a worker.
  const checksum = (file, report) => new Promise((resolve, reject) => {
    const hasher = new Worker(worker);
    hasher.onmessage = ({ data }) => {
      if (data.done === undefined) { report(data.part); return; }
      hasher.terminate();
      if (data.done) resolve(data.done); else reject(new Error("The file could not be read. Is it still there?"));
    };
    hasher.onerror = () => { hasher.terminate(); reject(new Error("The file could not be read.")); };
    hasher.postMessage({ file, md5 });
  });

  // How long a file plays in seconds; 0 if the browser cannot tell.
  const secondsOf = (file, kind) => new Promise((resolve) => {
    const player = document.createElement(kind), url = URL.createObjectURL(file);
    const end = (seconds) => { URL.revokeObjectURL(url); resolve(Number.isFinite(seconds) ? seconds : 0); };
    player.preload = "metadata";
    player.onloadedmetadata = () => end(player.duration);
    player.onerror = () => end(0);
    setTimeout(() => end(0), 10000);
    player.src = url;
  });

  const typedSeconds = () => (form.elements.length?.value || "").split(":").reduce((all, part) => all * 60 + Number(part), 0);
  const sentences = (body) => (body.detail ? [body.detail] : Object.values(body).flat()).filter((one) => typeof one === "string");

  const call = async (path, body, type) => {
    const headers = { Accept: "application/json", "Content-Type": type, "X-CSRFToken": token };
    const answer = await fetch(path, { method: "POST", headers, body, credentials: "same-origin" });
    const text = await answer.text();
    let found = {};
    try { found = JSON.parse(text); } catch { /* an error of the edge is not JSON */ }
    if (!answer.ok) {
      const more = answer.status === 412 ? " Your storage and how to request more: Settings, Storage." : "";
      throw new Error((sentences(found).join(" ") || `The server answered ${answer.status}. Try again.`) + more);
    }
    return found;
  };

  const put = (url, file, headers, report) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => report(event.loaded / (event.total || 1));
    request.onload = () => (request.status < 300 ? resolve() : reject(new Error(`The upload was refused (${request.status}). Try again.`)));
    request.onerror = () => reject(new Error("The connection was lost. Try again."));
    request.send(file);
  });

  const row = (file) => {
    const item = document.createElement("li"), bar = document.createElement("progress"), state = document.createElement("span");
    item.className = "list-group-item";
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Upload of ${file.name}`);
    const name = document.createElement("strong");
    name.textContent = file.name;
    state.className = "d-block";
    item.append(name, bar, state);
    list.append(item);
    return { item, bar, state };
  };

  const fail = ({ bar, state, item }, file, words, again) => {
    bar.remove();
    state.className = "d-block text-danger";
    state.textContent = words;
    say(`${file.name}: ${words}`);
    if (!again) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-outline-primary mt-1";
    button.textContent = `Try ${file.name} again`;
    button.addEventListener("click", () => { item.remove(); add([file]); });
    item.append(button);
  };

  const send = async (file, shown) => {
    const extension = extensionOf(file.name), preset = presets[extension];
    if (!preset) throw new Error(`Not one of: ${Object.keys(presets).join(", ")}.`);
    const kind = kinds.find((one) => preset.includes(one) && !/thumbnail|subtitle/.test(preset));
    const duration = kind ? (await secondsOf(file, kind)) || typedSeconds() || null : null;
    if (kind && !duration) throw new Error("Your browser cannot tell how long it plays. Enter its length above, then try again.");
    shown.state.textContent = "Reading…";
    const digest = await checksum(file, (part) => { shown.bar.value = part * 0.2; });
    const described = { size: file.size, checksum: digest, name: file.name, file_format: extension, preset, duration };
    const upload = await call("/api/file/upload_url", JSON.stringify(described), "application/json");
    shown.state.textContent = "Uploading…";
    if (!upload.might_skip) {
      const headers = { "Content-Type": upload.mimetype, "Content-MD5": base64(digest) };
      await put(upload.uploadURL, file, headers, (part) => { shown.bar.value = 0.2 + part * 0.75; });
    }
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("file");
    fields.set("upload", upload.file.id);
    return call(form.getAttribute("action"), fields.toString(), "application/x-www-form-urlencoded");
  };

  const work = async () => {
    if (isBusy) return;
    isBusy = true;
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const shown = row(file);
      try {
        const { url } = await send(file, shown);
        if (form.dataset.upload === "one") { isBusy = false; location.assign(url); return; }
        shown.bar.remove();
        const link = document.createElement("a");
        link.href = url;
        link.textContent = `Added. Edit ${file.name}`;
        shown.state.replaceChildren(link);
        say(`${file.name} is added.`);
      } catch (error) {
        fail(shown, file, error.message, Boolean(presets[extensionOf(file.name)]));
      }
    }
    isBusy = false;
  };

  const add = (files) => { waiting.push(...files); work(); };

  input.addEventListener("change", () => {
    if (form.elements.language && !form.elements.language.value && [...input.files].some((file) => extensionOf(file.name) === "vtt")) return;
    add([...input.files]);
    input.value = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (input.files.length) { add([...input.files]); input.value = ""; }
  }, true);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
  addEventListener("beforeunload", (event) => { if (isBusy) event.preventDefault(); });
  if (form.dataset.upload === "many") input.multiple = true;
  for (const hidden of document.querySelectorAll("[data-with-script]")) hidden.hidden = false;
  for (const shown of document.querySelectorAll("[data-without-script]")) shown.hidden = true;
})();
