import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Flex, Form, Input } from 'antd'
import { useState } from 'react'
import { useExplain } from '../parts/failure.tsx'
import { FileDrop } from '../parts/file-drop.tsx'
import { type Identity, IdentityError, openP12, openPem } from '../session/identity.ts'
import { useText } from '../text/text.tsx'

type Opened = { readonly opened: (identity: Identity) => void }

export function FromP12({ opened }: Opened) {
  const t = useText()
  const [file, setFile] = useState<File>()
  const [password, setPassword] = useState('')
  const opening = useMutation({
    mutationFn: async (chosen: File) => openP12(new Uint8Array(await chosen.arrayBuffer()), password),
    onSuccess: opened,
  })
  return (
    <Form layout="vertical" onFinish={() => file && opening.mutate(file)}>
      <Flex vertical gap="middle">
        <FileDrop label={t.signIn.drop} accept=".p12,.pfx" file={file} choose={setFile} />
        <Form.Item label={t.signIn.password} htmlFor="p12-password" style={{ margin: 0 }}>
          <Input.Password
            id="p12-password"
            value={password}
            autoComplete="off"
            onChange={event => setPassword(event.target.value)}
          />
        </Form.Item>
        <Unusable error={opening.error} />
        <Button
          type="primary"
          htmlType="submit"
          disabled={file === undefined || password === ''}
          loading={opening.isPending}
        >
          {t.signIn.open}
        </Button>
      </Flex>
    </Form>
  )
}

/** The key stays in its card, or at a program that shows what it signs. */
export function FromSigner({ opened }: Opened) {
  const t = useText()
  const [code, setCode] = useState('')
  const opening = useMutation({
    mutationFn: async () => (await import('../session/beside.ts')).openSigner(code),
    onSuccess: opened,
  })
  return (
    <Form layout="vertical" onFinish={() => opening.mutate()}>
      <Flex vertical gap="middle">
        <span>{t.signIn.signerLead}</span>
        <code className="code">{`npx tallystick signer --as … --for ${window.location.origin}`}</code>
        <Form.Item label={t.signIn.signerCode} htmlFor="signer-code" style={{ margin: 0 }}>
          <Input
            id="signer-code"
            className="code"
            autoComplete="off"
            spellCheck={false}
            value={code}
            onChange={event => setCode(event.target.value.trim())}
          />
        </Form.Item>
        <Unusable error={opening.error} />
        <Button type="primary" htmlType="submit" disabled={code === ''} loading={opening.isPending}>
          {t.signIn.open}
        </Button>
      </Flex>
    </Form>
  )
}

export function FromPem({ opened }: Opened) {
  const t = useText()
  const [key, setKey] = useState('')
  const [chain, setChain] = useState('')
  const opening = useMutation({ mutationFn: () => openPem(key, chain), onSuccess: opened })
  return (
    <Form layout="vertical" onFinish={() => opening.mutate()}>
      <Flex vertical gap="middle">
        <PemField id="pem-key" label={t.signIn.keyPem} text={key} set={setKey} />
        <PemField id="pem-chain" label={t.signIn.chainPem} text={chain} set={setChain} />
        <Unusable error={opening.error} />
        <Button type="primary" htmlType="submit" disabled={key === '' || chain === ''} loading={opening.isPending}>
          {t.signIn.open}
        </Button>
      </Flex>
    </Form>
  )
}

type PemFieldProps = {
  readonly id: string
  readonly label: string
  readonly text: string
  readonly set: (text: string) => void
}

function PemField({ id, label, text, set }: PemFieldProps) {
  const t = useText()
  const [file, setFile] = useState<File>()
  return (
    <Form.Item label={label} htmlFor={id} style={{ margin: 0 }}>
      <Flex vertical gap="small">
        <FileDrop
          label={t.signIn.choosePem}
          accept=".pem,.key,.crt,.cer"
          file={file}
          choose={chosen => {
            setFile(chosen)
            void chosen.text().then(set)
          }}
        />
        <Input.TextArea
          id={id}
          rows={3}
          className="code"
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={event => set(event.target.value)}
        />
      </Flex>
    </Form.Item>
  )
}

/** Why a file could not be used, in words. */
function Unusable({ error }: { readonly error: unknown }) {
  const t = useText()
  const explain = useExplain()
  if (!error) return null
  const title = error instanceof IdentityError ? t.signIn.errors[error.code] : explain(error).title
  return <Alert type="error" showIcon role="alert" title={title} />
}
