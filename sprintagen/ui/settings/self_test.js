// Measures, from this very browser, how what we send gets here: whether an event stream comes piece by piece, by what the
// socket goes, and how long a word takes there and back. Says what it found; the server knows what it means.
const PATIENCE = 15000; // milliseconds for a stream of less than a second

export default {
  template: `<div class="self-test" aria-hidden="true"></div>`,
  emits: ["measured", "echo"],
  methods: {
    async run() {
      const socket = window.socket?.io?.engine?.transport?.name || "";
      const roundTrip = await this.roundTrip();
      const stream = await this.stream();
      this.$emit("measured", {
        socket,
        round_trip: roundTrip,
        scheme: location.protocol.replace(":", ""),
        host: location.host,
        ...stream,
      });
    },
    // The middle one of five.
    async roundTrip() {
      const times = [];
      for (let n = 0; n < 5; n++) {
        const begun = performance.now();
        await new Promise((resolve) => {
          this.answered = resolve;
          this.$emit("echo");
        });
        times.push(performance.now() - begun);
      }
      return times.sort((a, b) => a - b)[2];
    },
    echoed() {
      this.answered?.();
    },
    // When the first and the last event came, in milliseconds from the first.
    async stream() {
      try {
        const answer = await fetch(`${window.path_prefix || ""}/api/opencode/health/stream`, { signal: AbortSignal.timeout(PATIENCE) });
        if (!answer.ok) return { events: 0, span: 0, trouble: `status ${answer.status}` };
        const reader = answer.body.getReader();
        const decoder = new TextDecoder();
        let text = "";
        let events = 0;
        let first = null;
        let last = null;
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          text += decoder.decode(value, { stream: true });
          const count = text.split("\n\n").length - 1;
          if (count > events) last = performance.now();
          if (count > events) first ??= last;
          events = count;
        }
        return { events, span: events ? last - first : 0, trouble: "" };
      } catch (error) {
        return { events: 0, span: 0, trouble: error.name === "TimeoutError" ? "nothing came in time" : "the connection broke" };
      }
    },
  },
};
