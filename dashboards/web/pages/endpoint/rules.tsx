/** Which rules apply to this endpoint, and why: the override per scope, and what it replaces. */

import type { EndpointDetail, RuleEntry } from '../../../../shared/api.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Mark, SeverityMark } from '../../parts/mark.tsx';
import { Table } from '../../parts/table.tsx';
import { to, withQuery } from '../../router.ts';
import { editQuery, familyOf } from '../../rules/family.ts';
import { ruleWords } from '../../rules/sentences.ts';
import { ruleName } from '../../words/value.ts';
import { t } from '../../words/words.ts';
import { ScopeName, type ScopeNames, useScopeNames } from '../rules/scope.tsx';
import '../../look/rules.css';

interface Held {
  entry: RuleEntry;
  gaveWay: RuleEntry[];
}

function Why({ held: { entry, gaveWay }, names }: { held: Held; names: ScopeNames }) {
  return (
    <div class="small">
      <ScopeName scope={entry.scope} names={names} />
      {gaveWay.map((other) => (
        <div key={`${other.scope.of} ${other.scope.target}`} class="quiet">
          {t('rules.insteadOf')} <ScopeName scope={other.scope} names={names} />: {ruleWords(other.rule)}
          {!other.rule.enabled && ` (${t('rules.off')})`}
        </div>
      ))}
    </div>
  );
}

/** Exceptions first: they need explaining most; then in the order of the rules. */
const byException = (a: Held, b: Held) => b.gaveWay.length - a.gaveWay.length;

export function EndpointRules({ detail: { row } }: { detail: EndpointDetail }) {
  const names = useScopeNames();
  const list = useLoad<Page<Held>>(
    `endpoints/${encodeURIComponent(row.id)}/rules`,
    (change) => change.kind === 'rule' || (change.kind === 'endpoint' && change.endpoint === row.id),
  );
  const editFor = (id: string) => `${to.rule(id)}${withQuery('', editQuery({ of: 'endpoint', target: row.id }))}`;
  return (
    <Box title={t('rules.heldHere')} aside={<span class="quiet small">{t('rules.order')}</span>} flush>
      <Ready of={list}>
        {({ items }) => (
          <Table
            caption={t('rules.heldHere')}
            rows={[...items].sort(byException)}
            keyOf={({ entry }) => entry.rule.id}
            columns={[
              {
                key: 'name',
                head: t('rules.name'),
                cell: ({ entry: { rule } }) => (
                  <div class="rule-name">
                    <a href={to.rule(familyOf(rule))}>{ruleName(rule)}</a>
                    <div class="plain small">
                      {rule.enabled ? (
                        <SeverityMark severity={rule.severity} />
                      ) : (
                        <Mark tone="idle" icon="offline">
                          {t('rules.off')}
                        </Mark>
                      )}
                    </div>
                  </div>
                ),
              },
              { key: 'when', head: t('rules.when'), bare: true, cell: ({ entry }) => ruleWords(entry.rule) },
              { key: 'why', head: t('rules.heldBy'), cell: (held) => <Why held={held} names={names} /> },
              ...(may('admin')
                ? [
                    {
                      key: 'edit',
                      head: t('add.act'),
                      cell: ({ entry: { rule } }: Held) => (
                        <a href={editFor(familyOf(rule))}>
                          {t('rules.changeHere')}
                          <span class="unseen">
                            {' '}
                            {ruleName(rule)}, {t(`severity.${rule.severity}`)}
                          </span>
                        </a>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Ready>
    </Box>
  );
}
