/** The yardstick: node:http and a Map in memory, which knows every code and where it leads. */
import { createServer } from 'node:http'

const [, , gtin = '', count = '0'] = process.argv
const targets = new Map<string, string>()
for (let n = 0; n < Number(count); n++) targets.set(`/01/${gtin}/21/${n}`, `https://maker.example/item/${n}`)

const server = createServer((request, response) => {
  const target = targets.get(request.url ?? '')
  if (target === undefined) response.writeHead(404).end()
  else response.writeHead(307, { Location: target, 'Content-Length': 0 }).end()
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit(0))
