import { expect } from 'chai'
import { isInside, mustBeAllowed, send } from '../../../capture/subscriptions/destination.ts'
import { Refusal } from '../../../core/errors.ts'

const verdict = (dest: string, local = false): string => {
  try {
    mustBeAllowed(dest, local)
    return 'allowed'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('where subscriptions may send to', () => {
  it('is https, and outside', () => {
    expect(verdict('https://bank.example/hook')).to.equal('allowed')
    const forbidden = [
      ...['http://bank.example/', 'ftp://bank.example/', 'https://u:p@bank.example/', 'file:///etc/passwd', 'x'],
      ...[
        'https://127.0.0.1/',
        'https://10.1.2.3/',
        'https://169.254.169.254/latest',
        'https://[::1]/',
        'https://2130706433/',
      ],
      ...[
        'https://0x7f.1/',
        'https://192.168.0.1/',
        'https://172.31.0.1/',
        'https://[fe80::1]/',
        'https://[::ffff:127.0.0.1]/',
      ],
    ]
    for (const dest of forbidden) expect(verdict(dest), dest).to.equal('DESTINATION_FORBIDDEN')
  })

  it('is this machine too, at a development node alone', () => {
    expect(verdict('http://127.0.0.1:9/', true)).to.equal('allowed')
    expect(verdict('http://localhost:9/', true)).to.equal('allowed')
    expect(verdict('http://10.0.0.1/', true)).to.equal('DESTINATION_FORBIDDEN')
  })

  it('knows addresses of private networks in both families', () => {
    for (const address of [
      '10.0.0.1',
      '127.8.8.8',
      '100.64.1.1',
      '172.16.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fd00::1',
      'fe80::1',
      '::ffff:10.0.0.1',
    ]) {
      expect(isInside(address), address).to.equal(true)
    }
    for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:4860::8888']) {
      expect(isInside(address), address).to.equal(false)
    }
  })

  it('is judged by what the name means when it is called', async () => {
    const error = await send('https://localhost/', {}, new Uint8Array(), false).then(
      () => 'sent',
      error => String(error.message),
    )
    expect(error).to.match(/private network/)
  })
})
