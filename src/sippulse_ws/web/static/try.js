"use strict";

// Sends what the form holds to the JSON door of this server; login and password stay in the page.
const form = document.querySelector("form.try");
const sure = form.querySelector(".sure");
const result = form.querySelector(".result");
form.hidden = false;

const NUMBERS = ["int", "long", "double"];
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
// Numbers go as they were typed: JavaScript's own would round those of many digits.
const TYPED = `typed-${Math.random()}:`;
const withNumbers = (text) => text.replaceAll(new RegExp(`"${TYPED.replace(".", "\\.")}([^"]*)"`, "g"), "$1");

function valueOf(input) {
  const text = input.value;
  if (input.dataset.kind === "boolean") return text === "true";
  // a number that is none is sent as it is, so that the server says what is wrong with it
  if (NUMBERS.includes(input.dataset.kind) && NUMBER.test(text.trim())) return TYPED + text.trim();
  return text;
}

function put(body, input) {
  const path = input.dataset.path.split(".");
  const name = path.pop();
  let inside = body;
  for (const step of path) {
    const isList = step.endsWith("[]");
    const key = isList ? step.slice(0, -2) : step;
    inside[key] ??= isList ? [{}] : {};
    inside = isList ? inside[key][0] : inside[key];
  }
  if (input.dataset.many === "True") {
    inside[name] = input.value.split(/[\s,;]+/).filter(Boolean);
  } else {
    inside[name] = valueOf(input);
  }
}

function bodyOf() {
  const body = {};
  for (const input of form.querySelectorAll("[data-path]")) {
    if (input.value !== "") put(body, input);
  }
  return body;
}

function basic() {
  const [login, password] = ["login", "password"].map((name) => form.querySelector(`[data-principal=${name}]`));
  if (!login) return {};
  const bytes = new TextEncoder().encode(`${login.value}:${password.value}`);
  return { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
}

function isDryRun() {
  const box = form.querySelector("[data-dry-run]");
  return box !== null && box.checked;
}

async function send() {
  const body = withNumbers(JSON.stringify(bodyOf(), null, 2));
  const headers = { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang, ...basic() };
  const simulated = isDryRun();
  if (simulated) headers["X-Dry-Run"] = "true";
  const shown = body.replace(/("[^"]*[pP]assword[^"]*": )"(?:[^"\\]|\\.)*"/g, '$1"…"');
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  const started = performance.now();
  let status, text;
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST", headers, body, credentials: "omit", cache: "no-store",
    });
    status = `${answer.status} ${answer.statusText}`;
    if (simulated && answer.ok) status += `, ${form.dataset.simulated}`;
    text = JSON.stringify(await answer.json(), null, 2);
  } catch (error) {
    status = form.dataset.unsent;
    text = String(error);
  }
  button.disabled = false;
  const took = Math.round(performance.now() - started);
  form.querySelector(".sent").textContent = `POST ${new URL(form.action).pathname}\n${simulated ? "X-Dry-Run: true\n" : ""}\n${shown}`;
  form.querySelector(".status").textContent = `${status}, ${took} ms`;
  form.querySelector(".received").textContent = text;
  result.hidden = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.dataset.writes === "true" && !isDryRun()) {
    sure.hidden = false;
    sure.querySelector("[data-sure=no]").focus();
  } else {
    send();
  }
});
function decide(choice) {
  sure.hidden = true;
  form.querySelector("button[type=submit]").focus();
  if (choice === "yes") send();
}

sure.addEventListener("click", (event) => {
  if (event.target.dataset.sure) decide(event.target.dataset.sure);
});
sure.addEventListener("keydown", (event) => {
  if (event.key === "Escape") decide("no");
});
