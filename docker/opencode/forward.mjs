// Hands every TCP connection on port 4096 to the opencode container: the `debug` profile's published port.
import { connect, createServer } from "node:net"

const server = createServer((near) => {
  const far = connect(4096, "opencode")
  near.pipe(far).pipe(near)
  near.on("error", () => far.destroy())
  far.on("error", () => near.destroy())
})
server.listen(4096, "0.0.0.0", () => console.log("forwarding port 4096 to opencode:4096"))
process.once("SIGTERM", () => process.exit(0))
