// Healthy when opencode says so and has opened the repository, which takes its time at the first request. Signs in with
// the password from the environment or from the file beside it.
import { readFileSync } from "node:fs"

const { OPENCODE_SERVER_USERNAME, OPENCODE_SERVER_PASSWORD, OPENCODE_SERVER_PASSWORD_FILE } = process.env
const password = OPENCODE_SERVER_PASSWORD || readFileSync(OPENCODE_SERVER_PASSWORD_FILE, "utf8").trimEnd()
const basic = Buffer.from(`${OPENCODE_SERVER_USERNAME || "opencode"}:${password}`).toString("base64")
const ask = (path, milliseconds) =>
  fetch(`http://127.0.0.1:4096${path}`, {
    headers: { authorization: `Basic ${basic}` },
    signal: AbortSignal.timeout(milliseconds),
  })
try {
  const answer = await ask("/global/health", 3000)
  const health = answer.ok ? await answer.json() : {}
  const opened = health.healthy === true ? await ask("/config", 6000) : undefined
  await opened?.body?.cancel()
  const words = opened ? `, the repository: ${opened.status}` : ""
  console.log(`opencode answered ${answer.status}${health.version ? `, version ${health.version}` : ""}${words}`)
  process.exitCode = opened?.ok ? 0 : 1
} catch (error) {
  console.log(`opencode does not answer: ${error.cause?.code ?? error.name}`)
  process.exitCode = 1
}
