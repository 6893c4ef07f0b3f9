import { connect } from '../../db/database.ts'
import { captureNodeOn } from './node.ts'

/** A node that takes captures until it is killed, and says where. */
const [url = ''] = process.argv.slice(2)
const connection = connect(url, () => undefined)
const node = await captureNodeOn({ ...connection, url, superuser: '', drop: connection.close }, undefined, 500)
process.stdout.write(`${node.url}\n`)
