import { Alert, Button, Flex, Form, Input, Modal, Select, Typography } from 'antd'
import { useState } from 'react'
import { inviteOrganization } from '../../../certs/invitations/contract.ts'
import { type Role, roles } from '../../../core/access.ts'
import { isUscc } from '../../../core/uscc.ts'
import { call } from '../api/call.ts'
import { useAct } from '../api/use.ts'
import { When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

/** The operator says who may come in; what comes of it is a link for that organization alone. */
export function InviteButton() {
  const { join: t } = useText()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>
        {t.invite}
      </Button>
      <Modal open={open} title={t.invite} footer={null} destroyOnHidden onCancel={() => setOpen(false)}>
        <InviteForm />
      </Modal>
    </>
  )
}

function InviteForm() {
  const text = useText()
  const t = text.join
  const [uscc, setUscc] = useState('')
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<readonly Role[]>([])
  const [node, setNode] = useState('')
  const inviting = useAct(({ client }) =>
    call(client, inviteOrganization, {
      body: { uscc, name, roles: [...chosen], hosted: node === '', ...(node === '' ? {} : { node }) },
    }),
  )
  const wrong = uscc.length >= 18 && !isUscc(uscc)
  const ready = isUscc(uscc) && name.trim() !== '' && chosen.length > 0
  if (inviting.data) {
    const { link, invitation } = inviting.data
    return (
      <Flex vertical gap="middle">
        <Alert type="success" showIcon role="status" title={t.invited(invitation.name)} description={t.linkLead} />
        <Typography.Text className="code" copyable={{ text: link, tooltips: [text.common.copy, text.common.copied] }}>
          {link}
        </Typography.Text>
        <span>
          {t.until} <When at={invitation.expiresAt} />
        </span>
      </Flex>
    )
  }
  return (
    <Form layout="vertical" onFinish={() => ready && inviting.mutate(undefined)}>
      <Typography.Paragraph type="secondary">{t.inviteLead}</Typography.Paragraph>
      <Form.Item
        label={text.signIn.uscc}
        htmlFor="invite-uscc"
        {...(wrong ? { help: t.usccWrong, validateStatus: 'error' } : {})}
      >
        <Input
          id="invite-uscc"
          className="code"
          maxLength={18}
          value={uscc}
          onChange={event => setUscc(event.target.value.trim().toUpperCase())}
        />
      </Form.Item>
      <Form.Item label={text.organizations.name} htmlFor="invite-name">
        <Input id="invite-name" maxLength={200} value={name} onChange={event => setName(event.target.value)} />
      </Form.Item>
      <Form.Item label={text.organizations.roles} htmlFor="invite-roles">
        <Select
          id="invite-roles"
          mode="multiple"
          value={[...chosen]}
          onChange={setChosen}
          options={roles.map(role => ({ value: role, label: text.roles[role] }))}
        />
      </Form.Item>
      <Form.Item label={t.node} htmlFor="invite-node" extra={t.nodeLead}>
        <Input
          id="invite-node"
          value={node}
          placeholder="https://"
          onChange={event => setNode(event.target.value.trim())}
        />
      </Form.Item>
      <Button type="primary" htmlType="submit" disabled={!ready} loading={inviting.isPending}>
        {t.makeLink}
      </Button>
    </Form>
  )
}
