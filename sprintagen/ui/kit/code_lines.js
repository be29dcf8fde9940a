// The highlighter's HTML cut into lines, each with the spans that were open; the highlighter escapes the text.
export function lineHtml(html) {
  const lines = [""];
  const open = [];
  for (const [token] of html.matchAll(/<\/?[^>]+>|\n|[^<\n]+/g)) {
    if (token === "\n") {
      lines[lines.length - 1] += "</span>".repeat(open.length);
      lines.push(open.join(""));
      continue;
    }
    if (token.startsWith("</")) open.pop();
    else if (token.startsWith("<")) open.push(token);
    if (open.length > 50) return []; // each line would begin with all of them
    lines[lines.length - 1] += token;
  }
  return lines;
}
