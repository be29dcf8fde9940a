// What is selected in the transcript, kept over a page that is loaded anew: both ends as a message and so many
// characters into its text. Put back when the same words stand there again, unless something else is selected by then.
const MOST = 100000; // characters
const PATIENCE = 5000; // ms in which the messages may find their text

function characters(message, node, offset) {
  const before = document.createRange();
  before.setStart(message, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

// Where so many characters into a message are; one that ends there, or one that begins.
function point(message, wanted, isStart) {
  const walker = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
  for (let node, at = 0; (node = walker.nextNode()); at += node.length)
    if (at + node.length > wanted || (!isStart && at + node.length === wanted)) return [node, wanted - at];
  return null;
}

export default {
  methods: {
    selection() {
      const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
      const { inner } = this.$refs;
      if (!inner.contains(anchorNode) || !inner.contains(focusNode)) return null; // whether it is empty takes a layout to know
      const end = (node, offset) => {
        const message = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.("[data-message-id]");
        return message && inner.contains(message) ? [message.dataset.messageId, characters(message, node, offset)] : null;
      };
      const text = getSelection().toString();
      const [from, to] = [end(anchorNode, anchorOffset), end(focusNode, focusOffset)];
      return text && text.length <= MOST && from && to ? { from, to, text } : null;
    },
    select(wanted) {
      this.wanted = wanted && { ...wanted, until: performance.now() + PATIENCE };
      this.tryToSelect();
    },
    tryToSelect() {
      if (!this.wanted) return;
      const { from, to, text, until } = this.wanted;
      const selection = getSelection();
      const [first, last] = [this.find(from[0]), this.find(to[0])];
      if (!selection.isCollapsed || performance.now() > until) this.wanted = null;
      if (!this.wanted || !first || !last) return;
      const isForward = first === last ? from[1] < to[1] : !!(first.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING);
      const [a, b] = [point(first, from[1], isForward), point(last, to[1], !isForward)];
      if (!a || !b) return;
      selection.setBaseAndExtent(...a, ...b);
      if (selection.toString() === text) this.wanted = null;
      else selection.removeAllRanges(); // not all of it is there yet
    },
  },
};
