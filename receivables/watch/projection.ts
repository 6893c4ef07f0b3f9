import { alertSchema } from '../../core/alert.ts'
import { fromBody, type Projection } from '../../db/projection.ts'
import { loggedAct } from '../signed-act.ts'

export const alertProjection: Projection = {
  table: 'alerts',
  types: ['alert'],
  from: 'alerts t',
  index: 't.record_index',
  rows: fromBody(({ index, body, loggedAt }) => {
    const alert = loggedAct(alertSchema, body)
    const { id, application, bank, severity } = alert
    return [{ record_index: `${index}`, id, application, bank, severity, alert, raised_at: loggedAt }]
  }),
  adds: {},
  envelope: ({ body }) => {
    const { id, bank } = loggedAct(alertSchema, body)
    return { org: bank, parties: [bank], clientKey: id }
  },
}
