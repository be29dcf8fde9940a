// The page and its socket: says when sprintagen is away, comes back at once when it can, and loads the page anew only
// from a server that answers. Inlined by away_note.py, since nothing can be fetched once we are away.
(() => {
  const PATIENCE = 1200; // milliseconds; a shorter absence, such as leaving the page, is none
  const RELOADS = "sprintagen.reloads";
  const BREATH = 700; // the typing pauses so long before the page goes
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const ask = () => fetch(document.querySelector("meta[name=sprintagen-static]").content + "/base.css", { cache: "no-store", signal: AbortSignal.timeout(5000) });
  const page = document.documentElement.dataset;
  let isLeaving = false;
  let typedAt = 0;

  // -- coming back ----------------------------------------------------------------------------------------------------

  // Our page is no more on the server, or nobody is signed in: load it anew, once there is somebody to load it from.
  async function loadAnew() {
    if (isLeaving) return;
    isLeaving = true;
    const now = Date.now();
    let recent = [];
    try {
      recent = JSON.parse(sessionStorage[RELOADS] || "[]").filter((at) => now - at < 60000);
    } catch {}
    let wait = recent.length < 3 ? 0 : Math.min(30000, 500 * 2 ** recent.length); // never round and round
    for (;;) {
      await sleep(wait);
      wait = 500;
      try {
        if ((await ask()).status < 500) break;
      } catch {}
    }
    const last = Date.now() + 5000;
    while (Date.now() - typedAt < BREATH && Date.now() < last) await sleep(50);
    try {
      sessionStorage[RELOADS] = JSON.stringify([...recent, Date.now()]);
    } catch {}
    location.reload();
  }

  function revive() {
    if (isLeaving || !window.socket) return;
    socket.io.opts.query.next_message_id = window.nextMessageId; // where the server's history goes on
    socket.disconnect();
    socket.connect();
  }

  // After a pause nobody knows whether the socket is alive: ask over it rather than wait for the next ping.
  function probe() {
    if (isLeaving || !window.socket) return;
    if (!socket.connected) return revive();
    const message = { client_id: window.clientId, next_message_id: window.nextMessageId };
    socket.timeout(2500).emit("ack", message, (error) => error && revive());
  }

  function watch() {
    if (!window.socket) return setTimeout(watch, 50);
    const manager = socket.io;
    manager.reconnectionDelay(300);
    manager.reconnectionDelayMax(1500);
    let wasThere = false;
    socket.on("connect", () => {
      wasThere = true;
      dispatchEvent(new Event("sprintagen:back"));
    });
    // NiceGUI's own handler reloads from a server that may be dead, which ends on the browser's error page.
    socket.off("connect_error");
    socket.on("connect_error", (error) => {
      if (error.message === "Implicit handshake failed") return loadAnew();
      if (error.message === "timeout" && !wasThere) manager.opts.transports = ["polling", "websocket"]; // a proxy may block sockets
      ask().then((answer) => answer.status === 401 && loadAnew(), () => {});
    });
    socket.on("disconnect", () => dispatchEvent(new Event("sprintagen:away")));
    socket.on("disconnect", (reason) => reason === "io server disconnect" && setTimeout(revive, 500));
    addEventListener("online", probe);
    addEventListener("pageshow", (event) => event.persisted && probe());
    document.addEventListener("resume", probe);
    document.addEventListener("visibilitychange", () => document.hidden || probe());
    addEventListener("pagehide", (event) => event.persisted || emitEvent("chats_leaving"));
    for (const event of ["keydown", "input"]) addEventListener(event, () => (typedAt = Date.now()), true);
  }
  watch();

  // -- the note -------------------------------------------------------------------------------------------------------

  addEventListener("DOMContentLoaded", () => {
    const note = document.getElementById("popup");
    let since = null;
    let timer = 0;
    const made = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });
    function say() {
      const line = made("div", "banner__line");
      const body = made("div", "banner__body");
      const again = Object.assign(made("button", "btn btn--plain btn--small", "Try now"), { type: "button", onclick: revive });
      line.append(
        made("div", "banner__title", navigator.onLine ? "sprintagen is away" : "You are offline"),
        made("div", "banner__faint", "since " + since.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })),
        again,
      );
      body.append(line, made("div", "banner__hint", "Trying again. What you type is kept, and what you send goes out when the connection is back."));
      note.replaceChildren(made("span", "spinner"), body);
      note.className = "away-note banner";
      note.dataset.testid = "status-banner";
      note.setAttribute("role", "alert");
      document.querySelector(".away-place")?.append(note);
      page.away = "true";
    }
    new MutationObserver(() => {
      const away = note.ariaHidden === "false";
      if (away === (since !== null)) return;
      clearTimeout(timer);
      since = away ? new Date() : null;
      if (away) {
        timer = setTimeout(say, PATIENCE);
      } else {
        delete page.away;
        delete note.dataset.testid;
      }
    }).observe(note, { attributes: true, attributeFilter: ["aria-hidden"] });
  });
})();
