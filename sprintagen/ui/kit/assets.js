// Libraries that few pages need, from `static/vendor`, fetched when the first thing is drawn that wants them.
const found = new Map();

// Where a vendored file is. The page's head says which version of `static` is ours.
export const address = (name) => document.querySelector("meta[name=sprintagen-static]").content + "/vendor/" + name;

// Runs a classic script once; rejects when it cannot be fetched, and then may be tried again.
export function script(name) {
  if (!found.has(name)) {
    const loading = new Promise((resolve, reject) => {
      const tag = Object.assign(document.createElement("script"), { src: address(name), onload: resolve });
      tag.onerror = () => {
        found.delete(name);
        tag.remove();
        reject(new Error(`${name} cannot be fetched`));
      };
      document.head.append(tag);
    });
    found.set(name, loading);
  }
  return found.get(name);
}
