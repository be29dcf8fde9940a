// What a person said to lines of changed files: kept with the draft, sent with the next message, shown as chips. The
// changes panel tells and asks by events, since both live in the browser.
const MOST = 50;
const LONGEST = 8000; // characters of code that go along with one
const ALL = 40000; // characters of all of them: they travel with the first piece of the text

export default {
  data: () => ({ comments: [], haveStayed: false }),
  computed: {
    // What would go along with something else than a message stays: opencode runs what looks like a shell line in a
    // command's arguments, and code that is commented on may look like anything.
    commentsWait() {
      return this.comments.length > 0 && (this.haveStayed || this.kindOfText(this.text) !== "prompt");
    },
  },
  watch: {
    comments: "tellComments",
  },
  mounted() {
    this.commentListeners = {
      "sprintagen:comment": this.takeComment,
      "sprintagen:uncomment": ({ detail }) => this.dropComment(detail.id),
      "sprintagen:comments-wanted": this.tellComments,
    };
    for (const [event, handler] of Object.entries(this.commentListeners)) addEventListener(event, handler);
    this.tellComments();
  },
  beforeUnmount() {
    for (const [event, handler] of Object.entries(this.commentListeners)) removeEventListener(event, handler);
  },
  methods: {
    takeComment({ detail: { session, comment } }) {
      if (session !== this.session) return;
      if (this.comments.length >= MOST) return void (this.trouble = `A message takes at most ${MOST} comments. Send these first.`);
      const size = this.comments.reduce((sum, one) => sum + one.note.length + one.code.join(" ").length, 0);
      if (size + comment.note.length > ALL) return void (this.trouble = "The comments are as long as they can be. Send these first.");
      const code = [];
      let left = Math.min(LONGEST, ALL - size - comment.note.length);
      for (const line of comment.code) if ((left -= line.length + 1) >= 0) code.push(line);
      this.comments = [...this.comments, { ...comment, code, isCut: code.length < comment.code.length }];
      this.typed();
    },
    dropComment(id) {
      if (!this.comments.some((one) => one.id === id)) return;
      this.comments = this.comments.filter((one) => one.id !== id);
      this.typed();
    },
    tellComments() {
      dispatchEvent(new CustomEvent("sprintagen:comments", { detail: { session: this.session, comments: this.comments } }));
    },
    showComment(comment) {
      dispatchEvent(new CustomEvent("sprintagen:comment-shown", { detail: comment }));
    },
    titleOf(comment) {
      return `${comment.path}\n${comment.note}`;
    },
    placeOf(comment) {
      const name = comment.path.slice(comment.path.lastIndexOf("/") + 1);
      return `${name}:${comment.from}${comment.to === comment.from ? "" : `–${comment.to}`}`;
    },
  },
};
