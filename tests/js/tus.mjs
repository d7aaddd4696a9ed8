// One upload with tus-js-client, as a program or a page would make it.
// node tus.mjs HOW ENDPOINT KEY FILE — writes what happened as one line of JSON.
import { createReadStream, readFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import * as tus from "tus-js-client";

const [how, endpoint, key, path] = process.argv.slice(2);
const content = readFileSync(path);
const seen = { methods: [], offsets: [], asset: null, status: null, location: null };

function options(more, done) {
  return {
    endpoint,
    headers: { Authorization: `Bearer ${key}` },
    metadata: { filename: "film.mp4", filetype: "video/mp4" },
    retryDelays: [0, 100, 500],
    onAfterResponse(request, response) {
      seen.methods.push(request.getMethod());
      seen.offsets.push(response.getHeader("Upload-Offset") ?? null);
      seen.status = response.getHeader("Cutroom-Upload-Status") ?? seen.status;
      seen.asset = response.getHeader("Cutroom-Asset-Id") ?? seen.asset;
    },
    onError: (error) => done({ error: error.message }),
    onSuccess: () => done({}),
    ...more,
  };
}

function run(input, more = {}, prepare = () => {}) {
  return new Promise((resolve) => {
    const upload = new tus.Upload(input, options(more, (result) => resolve({ ...result, url: upload.url })));
    prepare(upload, resolve);
    upload.start();
  });
}

const ways = {
  // Paused in the middle, then gone on with by somebody who knows the address alone.
  async resume() {
    let paused = false;
    const first = await run(content, { chunkSize: 3_000_000 }, (upload, resolve) => {
      upload.options.onChunkComplete = () => {
        if (!paused) {
          paused = true;
          upload.abort().then(() => resolve({ url: upload.url }));
        }
      };
    });
    seen.pausedAfter = seen.methods.length;
    return run(content, { uploadUrl: first.url });
  },
  async parallel() {
    return run(content, { parallelUploads: 4 });
  },
  async deferred() {
    // Not the file itself: of a file the client takes every chunk to be full, also the last.
    const stream = new PassThrough();
    createReadStream(path).pipe(stream);
    return run(stream, { uploadLengthDeferred: true, chunkSize: 2_000_000 });
  },
  async creation() {
    return run(content, { uploadDataDuringCreation: true });
  },
  async terminate() {
    const begun = await run(content, { chunkSize: 1_000_000 }, (upload, resolve) => {
      upload.options.onChunkComplete = () => upload.abort(true).then(() => resolve({ url: upload.url }));
    });
    const answer = await fetch(begun.url, {
      method: "HEAD",
      headers: { Authorization: `Bearer ${key}`, "Tus-Resumable": "1.0.0" },
    });
    return { url: begun.url, gone: answer.status };
  },
};

const result = await ways[how]();
console.log(JSON.stringify({ ...seen, ...result }));
