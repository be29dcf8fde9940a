// Files that go along: pasted, dropped or picked; uploaded at once, so that a reload or a lost connection loses none.
const uploads = () => window.path_prefix + "/api/opencode/uploads";
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
let count = 0;

async function typeOf(file) {
  if (PICTURES.includes(file.type) || file.type === "application/pdf") return file.type;
  const start = new Uint8Array(await file.slice(0, 8192).arrayBuffer());
  return start.includes(0) ? "" : "text/plain";
}

export default {
  data: () => ({ files: [], isOver: false }),
  created() {
    this.gone = new Set(); // keys of files that were taken out, perhaps before they were there
  },
  computed: {
    isUploading() {
      return this.files.some((file) => !file.id);
    },
    // What the chosen model does not take of what is attached.
    notTaken() {
      if (!this.takes) return "";
      const kinds = { image: "pictures", pdf: "PDF files" };
      const lacking = Object.keys(kinds).filter((kind) => !this.takes.includes(kind) && this.files.some((file) => this.kindOf(file) === kind));
      return lacking.length ? `This model takes no ${lacking.map((kind) => kinds[kind]).join(" and no ")}. Choose another model, or take them out.` : "";
    },
  },
  methods: {
    kindOf(file) {
      return file.mime.startsWith("image/") ? "image" : file.mime === "application/pdf" ? "pdf" : "text";
    },
    preview(file) {
      return file.id && this.kindOf(file) === "image" ? `${uploads()}/${file.id}` : "";
    },
    pasted(event) {
      const files = [...(event.clipboardData?.files || [])];
      if (!files.length) return;
      event.preventDefault();
      this.attach(files);
    },
    over(event) {
      if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
      event.preventDefault();
      this.isOver = true;
    },
    out(event) {
      if (!event.relatedTarget) this.isOver = false; // it left the window
    },
    dropped(event) {
      this.isOver = false;
      const files = [...(event.dataTransfer?.files || [])];
      if (!files.length) return;
      event.preventDefault();
      this.attach(files);
    },
    picked(event) {
      this.attach([...event.target.files]);
      event.target.value = "";
    },
    async attach(files) {
      if (this.disabled) return;
      const session = this.session; // all of them are for it, also when another is shown before they are there
      this.trouble = "";
      for (const file of files) {
        const mime = await typeOf(file).catch(() => "");
        const total = this.files.reduce((sum, one) => sum + one.size, 0);
        const { file: most, all, count: many } = this.limits;
        if (this.files.length >= many) this.trouble = `A message takes at most ${many} files.`;
        else if (file.size > most) this.trouble = `${file.name} is ${this.bytes(file.size)}; a file may have ${this.bytes(most)} at most.`;
        else if (total + file.size > all) this.trouble = `With ${file.name} the files are more than ${this.bytes(all)} together.`;
        else if (!mime) this.trouble = `${file.name} is neither a picture, a PDF nor text: no model could read it.`;
        else await this.upload(file, mime, session);
      }
      this.focus();
    },
    async upload(file, mime, session) {
      const one = { key: `f${++count}`, id: "", name: file.name || (mime === "text/plain" ? "text.txt" : `pasted.${mime.split("/")[1]}`), mime, size: file.size };
      if (session === this.session) this.files = [...this.files, one];
      try {
        const answer = await fetch(`${uploads()}?filename=${encodeURIComponent(one.name)}`, { method: "POST", body: file, headers: { "content-type": mime } });
        const said = await answer.json();
        if (!answer.ok) throw new Error(said.detail || said.title);
        const done = { ...one, id: said.id };
        if (this.gone.has(one.key)) return;
        const isHere = this.files.some((item) => item.key === one.key);
        if (!isHere && session !== this.session) return this.keepFor(session, done);
        this.files = isHere ? this.files.map((item) => (item.key === one.key ? done : item)) : [...this.files, done];
        this.touched = true;
        this.save();
      } catch (error) {
        this.files = this.files.filter((item) => item.key !== one.key);
        this.trouble = `${one.name} was not attached: ${error instanceof TypeError ? "the connection is away. Attach it again when it is back." : error.message}`;
      }
    },
    detach(file) {
      this.gone.add(file.key); // also while it is still being uploaded
      this.files = this.files.filter((one) => one.key !== file.key);
      this.typed();
      this.$refs.field.focus();
    },
    bytes(size) {
      return size < 1048576 ? `${Math.max(1, Math.round(size / 1024))} kB` : `${(size / 1048576).toFixed(1).replace(".0", "")} MB`;
    },
  },
};
