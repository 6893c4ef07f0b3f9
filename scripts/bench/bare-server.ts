/** The yardstick: node:http and nothing else. It reads the body, parses it, and answers. */
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', chunk => chunks.push(chunk))
  request.on('end', () => {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString())
    const body = JSON.stringify({ taken: typeof parsed })
    response.writeHead(202, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit(0))
