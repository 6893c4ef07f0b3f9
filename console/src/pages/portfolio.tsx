import { Link } from '@tanstack/react-router'
import { Card, Descriptions, Empty, Flex, Statistic, Typography } from 'antd'
import { type PortfolioInCurrency, type PortfolioView, readPortfolio } from '../../../receivables/portfolio/contract.ts'
import { useAsk } from '../api/use.ts'
import { moneyText } from '../format/money.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { ApplicationMark } from './applications.tsx'
import { Holdings } from './portfolio-holdings.tsx'
import { Steps } from './portfolio-steps.tsx'
import { Ageing, Concentration } from './portfolio-tables.tsx'

/** What the bank holds: how old, of whom, and how much more it could lend by its own parameters. */
export function PortfolioPage() {
  const t = useText()
  const portfolio = useAsk(readPortfolio, {})
  return (
    <Page title={t.portfolio.title} lead={t.portfolio.lead}>
      <Loaded from={portfolio}>
        {it => (
          <Flex vertical gap="middle">
            <Basis of={it} />
            {it.currencies.length === 0 ? (
              <Card>
                <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.portfolio.empty} />
              </Card>
            ) : (
              it.currencies.map(part => <InCurrency key={part.currency} of={part} policy={it.policy} />)
            )}
          </Flex>
        )}
      </Loaded>
    </Page>
  )
}

function Basis({ of: { asOf, policy, applications, alerts } }: { readonly of: PortfolioView }) {
  const t = useText()
  return (
    <Card size="small">
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          { key: 't', label: t.portfolio.asOf, children: <When at={asOf} /> },
          {
            key: 'p',
            label: t.portfolio.policy,
            children: (
              <span>
                {policy.name} v{policy.version} {policy.demonstration && `(${t.report.policyDemo})`}{' '}
                <Link to="/policy">{t.portfolio.editPolicy}</Link>
              </span>
            ),
          },
          {
            key: 'a',
            label: t.portfolio.applications,
            children: (
              <Flex gap="small" wrap>
                {applications.map(({ state, count }) => (
                  <span key={state} className="nowrap">
                    <ApplicationMark state={state} /> {count}
                  </span>
                ))}
                {applications.length === 0 && t.common.none}
              </Flex>
            ),
          },
          {
            key: 'w',
            label: t.portfolio.alerts,
            children:
              alerts.length === 0 ? (
                <Mark tone="good">{t.portfolio.noAlerts}</Mark>
              ) : (
                <Link to="/alerts">
                  <Flex gap="small" wrap>
                    {alerts.map(({ severity, count }) => (
                      <Mark key={severity} tone={severity === 'critical' ? 'bad' : 'warn'}>
                        {t.alerts.severities[severity]} {count}
                      </Mark>
                    ))}
                  </Flex>
                </Link>
              ),
          },
        ]}
      />
    </Card>
  )
}

type PartProps = { readonly of: PortfolioInCurrency; readonly policy: PortfolioView['policy'] }

function InCurrency({ of, policy }: PartProps) {
  const t = useText()
  const { currency } = of
  const figures = [
    [t.portfolio.held, String(of.count)],
    [t.portfolio.open, moneyText(of.open, currency)],
    [t.portfolio.advanced, moneyText(of.advanced, currency)],
    [t.portfolio.availability, moneyText(of.availability, currency)],
  ] as const
  return (
    <section aria-labelledby={`in-${currency}`}>
      <Flex vertical gap="middle">
        <Typography.Title level={3} id={`in-${currency}`}>
          {currency}
        </Typography.Title>
        <div className="figures">
          {figures.map(([title, value]) => (
            <Card size="small" key={title}>
              <Statistic title={title} formatter={() => value} />
            </Card>
          ))}
        </div>
        {of.shortfall !== '0' && (
          <Mark tone="bad">
            {t.portfolio.shortfall} {moneyText(of.shortfall, currency)}
          </Mark>
        )}
        <Card size="small" title={t.portfolio.steps}>
          <Steps of={of} policy={policy} />
        </Card>
        <Ageing of={of} />
        <Concentration of={of} most={policy.concentration} />
        <Card size="small" title={t.portfolio.holdings}>
          <Holdings of={of} />
        </Card>
      </Flex>
    </section>
  )
}
