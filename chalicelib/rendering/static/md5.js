"use strict";
// A worker that computes the MD5 of a file in parts, with the library at the address `md5`.
const PART = 4 * 1024 * 1024;
onmessage = async ({ data: { file, md5 } }) => {
  importScripts(md5);
  const hash = new self.SparkMD5.ArrayBuffer();
  try {
    for (let at = 0; at < file.size; at += PART) {
      hash.append(await file.slice(at, at + PART).arrayBuffer());
      postMessage({ part: Math.min(1, (at + PART) / file.size) });
    }
    postMessage({ done: hash.end() });
  } catch {
    postMessage({ done: "" });
  }
};
