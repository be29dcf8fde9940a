// Several sessions of the list chosen at once, and what is done with all of them. Mixed into the list.
export const choice = {
  data() {
    return { chosen: new Set(), choosing: false };
  },
  computed: {
    choiceActions() {
      return ["pin", this.archived ? "restore" : "archive", "delete"].map((value) => ({ ...this.items.find((one) => one.value === value), line: false }));
    },
  },
  methods: {
    toggle(row) {
      this.choosing = true;
      this.anchor = row.id; // where a stretch begins
      if (!this.chosen.delete(row.id)) this.chosen.add(row.id);
    },
    chooseTo(row, event) {
      event.preventDefault();
      const at = (id) => this.outline.position(this.outline.byId.get(id));
      const [from, to] = [at(this.anchor), at(row.id)];
      if (from < 0) return this.toggle(row);
      this.$emit("reach", Math.min(from, to), Math.max(from, to) + 1); // the server knows the rows that are not here
    },
    chooseAll() {
      this.$emit("reach", 0, this.outline.length);
    },
    choose(ids) {
      this.choosing = true;
      for (const id of ids) this.chosen.add(id);
    },
    endChoice() {
      this.choosing = false;
      this.chosen.clear();
    },
    actOnChosen(action) {
      this.$emit("act_all", action, [...this.chosen]);
      this.endChoice();
    },
    // Space chooses, Escape ends it, Delete is for what is chosen or, with nothing chosen, for nothing.
    choiceKey(event) {
      const row = this.focused?.row;
      if (event.key === " " && row && !event.ctrlKey && !event.metaKey && !event.altKey) {
        if (event.shiftKey) this.chooseTo(row, event);
        else this.toggle(row);
        return true;
      }
      if (!this.choosing) return false;
      if (event.key === "Escape") {
        event.stopPropagation();
        this.endChoice();
        return true;
      }
      if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
        this.chooseAll();
        return true;
      }
      if (event.key === "Delete" && this.chosen.size) {
        this.actOnChosen("delete");
        return true;
      }
      return false;
    },
  },
};
