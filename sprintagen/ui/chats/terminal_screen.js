// One terminal in the browser: what it looks like (xterm.js), and the socket that carries it. Vue knows nothing of it.
// Text goes both ways as it is; binary messages are JSON about it (api/routers/terminals.py says which).
const PIECE = 16 * 1024; // characters typed in one message
const ACKNOWLEDGE = 32 * 1024; // UTF-16 units drawn until the server hears of it at once
const PAUSES = [250, 500, 1000, 2000, 5000, 10000]; // ms between attempts to connect
const ENDED = 4000; // the server has said why in words
const SIGNED_OUT = 1008;

const loads = new Map();

// xterm.js with its style sheet, fetched when the first terminal is drawn.
function load(base) {
  if (!loads.has(base)) {
    const sheet = new Promise((resolve, reject) => {
      const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${base}/xterm.css`, onload: resolve, onerror: reject });
      document.head.append(link);
    });
    const modules = ["xterm", "addon-fit", "addon-web-links"].map((name) => import(`${base}/${name}.mjs`));
    const all = Promise.all([...modules, sheet]).then(([{ Terminal }, { FitAddon }, { WebLinksAddon }]) => ({ Terminal, FitAddon, WebLinksAddon }));
    all.catch(() => loads.delete(base));
    loads.set(base, all);
  }
  return loads.get(base);
}

export const isExit = (event) => event.code === "Backquote" && event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey;

export class Screen {
  // `tell(what, value)` hears "title", "state" and "exit" (the person wants out).
  constructor(host, { base, id, session, tell }) {
    Object.assign(this, { host, base, id, session, tell, cursor: 0, drawn: 0, tries: 0, held: "", isSticky: false, isMuted: true });
    this.settled = new Promise((resolve) => (this.settle = resolve));
  }

  async open() {
    let parts;
    try {
      parts = await load(this.base);
    } catch {
      return this.state({ kind: "broken", text: "The terminal could not be loaded." });
    }
    if (this.isDisposed) return;
    const term = (this.term = new parts.Terminal({
      allowProposedApi: false,
      convertEol: false,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      drawBoldTextInBrightColors: false,
      fontFamily: this.css("--mono"),
      fontSize: 13,
      lineHeight: 1.2,
      linkHandler: { activate: (event, uri) => this.follow(event, uri), hover: (_, uri) => this.hint(uri), leave: () => this.hint(""), allowNonHttpProtocols: false },
      minimumContrastRatio: 4.5,
      screenReaderMode: this.isSpoken,
      scrollback: 5000,
      theme: this.theme(),
    }));
    this.fitter = new parts.FitAddon();
    term.loadAddon(this.fitter);
    term.loadAddon(new parts.WebLinksAddon((event, uri) => this.follow(event, uri), { hover: (_, uri) => this.hint(uri), leave: () => this.hint("") }));
    term.parser.registerOscHandler(52, () => true); // no program reads or writes the clipboard
    term.attachCustomKeyEventHandler((event) => this.isForTerminal(event));
    term.onData((text) => this.type(text));
    term.onBinary((text) => this.type(text));
    term.onTitleChange((title) => this.tell("title", title));
    term.onResize(() => this.sendSize());
    term.open(this.host);
    this.field = this.host.querySelector("textarea");
    this.host.addEventListener("keydown", this.keep); // the page's shortcuts are not the terminal's
    this.host.addEventListener("keyup", this.keep);
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.host);
    this.name(this.label ?? "");
    this.fit();
    this.settle();
    if (this.isWanted) this.connect();
  }

  // -- looks ------------------------------------------------------------------------------------------------------

  css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  theme() {
    const css = (name) => this.css(`--${name}`);
    const isDark = getComputedStyle(document.documentElement).colorScheme.includes("dark");
    const [dim, bright] = isDark ? [css("line-strong"), css("text")] : [css("text"), css("line-strong")];
    const colours = { red: "red", green: "green", yellow: "amber", blue: "code-title", magenta: "code-type", cyan: "code-cyan" };
    const theme = { background: css("surface"), foreground: css("text"), cursor: css("accent"), cursorAccent: css("surface"), selectionBackground: css("accent-soft"), black: dim, white: bright, brightBlack: css("text-faint"), brightWhite: bright };
    theme.selectionInactiveBackground = css("sunken");
    theme.scrollbarSliderBackground = theme.scrollbarSliderHoverBackground = theme.scrollbarSliderActiveBackground = css("line-strong");
    for (const [name, token] of Object.entries(colours)) {
      theme[name] = theme[`bright${name[0].toUpperCase()}${name.slice(1)}`] = css(token);
    }
    return theme;
  }

  dress() {
    if (this.term) this.term.options.theme = this.theme();
  }

  speak(isSpoken) {
    this.isSpoken = isSpoken;
    if (this.term) this.term.options.screenReaderMode = isSpoken;
  }

  name(label) {
    this.label = label;
    this.field?.setAttribute("aria-label", `Terminal “${label}”. Control Shift backquote, the key left of 1, leaves it.`);
  }

  fit() {
    if (this.host.clientWidth < 40 || this.host.clientHeight < 20) return;
    const size = this.fitter?.proposeDimensions();
    if (size && size.cols > 1 && size.rows > 0) this.term.resize(Math.min(size.cols, 1000), Math.min(size.rows, 1000));
  }

  focus() {
    this.settled.then(() => this.term?.focus());
  }

  hint(uri) {
    this.host.title = uri ? `${uri}\n${this.isTouched() ? "Tap" : "Control and click"} to open it` : "";
  }

  isTouched() {
    return matchMedia("(pointer: coarse)").matches;
  }

  follow(event, uri) {
    if (!(event.ctrlKey || event.metaKey || this.isTouched())) return;
    if (/^https?:$/.test(new URL(uri).protocol)) window.open(uri, "_blank", "noopener,noreferrer");
  }

  // -- keys -------------------------------------------------------------------------------------------------------

  keep = (event) => event.stopPropagation();

  isForTerminal(event) {
    if (isExit(event)) {
      event.preventDefault();
      if (event.type === "keydown") this.tell("exit");
      return false;
    }
    if (!event.ctrlKey || !event.shiftKey || event.altKey) return !(event.shiftKey && event.key === "Insert"); // the browser pastes
    if (event.code === "KeyC") {
      event.preventDefault();
      if (event.type === "keydown") this.copy();
      return false;
    }
    return event.code !== "KeyV"; // the browser pastes
  }

  copy() {
    const text = this.term.getSelection();
    if (text) navigator.clipboard?.writeText(text).catch(() => document.execCommand("copy"));
  }

  // A key of the row under the screen.
  press(key) {
    const isApplication = this.term?.modes.applicationCursorKeysMode;
    const arrow = (letter) => (isApplication ? `\x1bO${letter}` : `\x1b[${letter}`);
    const sent = { Escape: "\x1b", Tab: "\t", Up: arrow("A"), Down: arrow("B"), Right: arrow("C"), Left: arrow("D") }[key] ?? key;
    this.type(sent);
  }

  type(text) {
    if (this.isMuted || this.socket?.readyState !== WebSocket.OPEN) return; // what xterm answers to a replay is no typing
    if (this.isSticky && text.length === 1) {
      const code = text.toUpperCase().charCodeAt(0);
      if (code >= 64 && code < 96) text = String.fromCharCode(code - 64);
      this.isSticky = false;
      this.tell("sticky", false);
    }
    for (let at = 0; at < text.length; ) {
      let end = Math.min(at + PIECE, text.length);
      if (end < text.length && /[\ud800-\udbff]/.test(text[end - 1])) end--; // no half of a character
      this.socket.send(text.slice(at, end));
      at = end;
    }
  }

  // -- the socket -------------------------------------------------------------------------------------------------

  state(state) {
    this.tell("state", state);
  }

  connect() {
    this.isWanted = true;
    clearTimeout(this.again);
    if (!this.term || this.socket || this.isDisposed) return;
    const query = new URLSearchParams({ cursor: this.cursor, ...(this.session ? { session_id: this.session } : {}) });
    const url = new URL(`${window.path_prefix}/api/opencode/pty/${this.id}/connect?${query}`, location);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = (this.socket = new WebSocket(url));
    socket.binaryType = "arraybuffer";
    this.words = null;
    this.isMuted = true;
    if (!this.tries) this.state({ kind: "connecting" });
    socket.onopen = () => socket === this.socket && this.sendSize();
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      if (typeof data === "string") this.print(data);
      else this.hear(JSON.parse(new TextDecoder().decode(data)));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      this.socket = null;
      if (event.code === ENDED && this.words?.ended) return void (this.isWanted = false);
      if (event.code === SIGNED_OUT) return this.state({ kind: "broken", text: "You are signed out." });
      if (this.isWanted) this.retry();
    };
  }

  retry() {
    const pause = PAUSES[Math.min(this.tries++, PAUSES.length - 1)];
    const { message, hint } = this.words?.error ?? {};
    if (this.tries > 1 || message) this.state({ kind: "away", text: message ?? "The connection to sprintagen broke.", hint: hint ?? "It is tried again." });
    this.again = setTimeout(() => this.connect(), pause);
  }

  // Nobody looks: the socket goes, what is drawn stays.
  pause() {
    this.isWanted = false;
    clearTimeout(this.again);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  print(text) {
    this.cursor += text.length;
    this.term.write(text, () => {
      this.drawn += text.length;
      if (this.drawn >= ACKNOWLEDGE) this.acknowledge();
      else this.later ??= setTimeout(() => this.acknowledge(), 50);
    });
  }

  acknowledge() {
    clearTimeout(this.later);
    this.later = undefined;
    const units = this.drawn;
    this.drawn = 0;
    if (units) this.say({ drawn: units });
  }

  hear(said) {
    if (said.lost) {
      this.cursor += said.lost;
      // CAN ends a sequence that was cut in two.
      if (this.cursor > said.lost) this.term.write(`\x18\x1b[0m\r\n\x1b[2m… ${said.lost.toLocaleString()} characters came too fast and are left out …\x1b[0m\r\n`);
    } else if (said.reached !== undefined) {
      this.tries = 0;
      this.state({ kind: "open" });
      this.term.write("", () => (this.isMuted = false));
    } else if (said.ended) {
      this.words = said;
      this.term.write("\x1b[?25l");
      this.state({ kind: "ended", code: said.ended.exit_code });
    } else if (said.error) this.words = said;
  }

  sendSize() {
    this.say({ size: [this.term.cols, this.term.rows] });
  }

  say(said) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(new TextEncoder().encode(JSON.stringify(said)));
  }

  dispose() {
    this.isDisposed = true;
    this.pause();
    clearTimeout(this.later);
    this.watch?.disconnect();
    this.term?.dispose();
    this.host.remove();
  }
}
