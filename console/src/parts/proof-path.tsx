import { Collapse, Table } from 'antd'
import { base64, hex } from '../../../core/bytes.ts'
import type { Trace, TraceStep } from '../../../core/merkle/trace.ts'
import { useText } from '../text/text.tsx'
import { Scroller } from './scroller.tsx'
import { Digest } from './values.tsx'

type ProofPathProps = {
  readonly trace: Trace
  /** What the lowest node is. */
  readonly from: string
  readonly label: string
}

const WIDTH = 340
const LEVEL = 58
const BOX = { width: 96, height: 30 } as const
const MIDDLE = WIDTH / 2

/**
 * A proof as a way up the tree: what was reached on the middle line, what the proof gives beside it. The table under it
 * says the same to whoever can't see it.
 */
export function ProofPath({ trace, from, label }: ProofPathProps) {
  const { drawing } = useText().find
  const { first, steps } = trace
  const height = (steps.length + 1) * LEVEL
  /** Of the node that was reached after so many steps. */
  const y = (step: number) => height - LEVEL / 2 - step * LEVEL
  const lastOld = steps.findLastIndex(it => it.oldResult !== undefined)
  const name = (step: number) =>
    step === steps.length ? drawing.root : step === 0 ? from : step - 1 === lastOld ? drawing.oldRoot : undefined
  return (
    <div className="proof-path">
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label} style={{ maxWidth: WIDTH, width: '100%' }}>
        {steps.map((step, i) => (
          <Lines key={hex(step.result)} step={step} y={y(i)} above={y(i + 1)} />
        ))}
        {steps.map((step, i) => (
          <Box key={hex(step.result)} x={siblingX(step)} y={y(i)} hash={step.sibling} look="given" />
        ))}
        <Box x={MIDDLE} y={y(0)} hash={first} look={steps.length === 0 ? 'root' : 'reached'} name={name(0)} />
        {steps.map(({ result }, i) => (
          <Box
            key={hex(result)}
            x={MIDDLE}
            y={y(i + 1)}
            hash={result}
            look={i + 1 === steps.length ? 'root' : 'reached'}
            name={name(i + 1)}
          />
        ))}
      </svg>
      <Collapse size="small" items={[{ key: 'text', label: drawing.asText, children: <Steps trace={trace} /> }]} />
    </div>
  )
}

const siblingX = ({ side }: TraceStep): number => (side === 'left' ? BOX.width / 2 + 4 : WIDTH - BOX.width / 2 - 4)

function Lines({ step, y, above }: { readonly step: TraceStep; readonly y: number; readonly above: number }) {
  const top = above + BOX.height / 2
  const bottom = y - BOX.height / 2
  const x = siblingX(step)
  return (
    <g className="proof-lines">
      <path d={`M${MIDDLE} ${bottom}V${top}`} />
      <path d={`M${x} ${bottom}V${(top + bottom) / 2}H${MIDDLE}`} />
    </g>
  )
}

type BoxProps = {
  readonly x: number
  readonly y: number
  readonly hash: Uint8Array
  readonly look: 'given' | 'reached' | 'root'
  readonly name?: string | undefined
}

function Box({ x, y, hash, look, name }: BoxProps) {
  const { width, height } = BOX
  return (
    <g className={`proof-node proof-${look}`}>
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={look === 'given' ? 4 : 15} />
      <text x={x} y={name === undefined ? y + 4 : y - 2}>
        {hex(hash).slice(0, 10)}
      </text>
      {name !== undefined && (
        <text x={x} y={y + 11} className="proof-name">
          {name}
        </text>
      )}
    </g>
  )
}

function Steps({ trace: { first, steps } }: { readonly trace: Trace }) {
  const { drawing } = useText().find
  const hasOld = steps.some(it => it.oldResult !== undefined)
  return (
    <Scroller label={drawing.asText}>
      <p>
        {drawing.start} <Digest text={base64(first)} />
      </p>
      <Table
        size="small"
        pagination={false}
        rowKey="at"
        dataSource={steps.map((step, i) => ({ ...step, at: i + 1 }))}
        columns={[
          { title: drawing.step, dataIndex: 'at' },
          { title: drawing.sibling, render: (_, it) => <Digest text={base64(it.sibling)} /> },
          { title: drawing.side, render: (_, it) => drawing[it.side] },
          { title: drawing.result, render: (_, it) => <Digest text={base64(it.result)} /> },
          ...(hasOld
            ? [
                {
                  title: drawing.oldResult,
                  render: (_: unknown, it: TraceStep) => it.oldResult && <Digest text={base64(it.oldResult)} />,
                },
              ]
            : []),
        ]}
      />
    </Scroller>
  )
}
