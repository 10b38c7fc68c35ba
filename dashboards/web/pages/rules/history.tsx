/** How a rule was changed: when, by whom, why, and in which parts. */
import type { RuleVersion } from '../../../../shared/api.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { differencesOf } from '../../rules/difference.ts';
import type { Family } from '../../rules/family.ts';
import { actorName, t, wordOr } from '../../words/words.ts';
import { DifferenceTable } from './review.tsx';
import { ScopeName, type ScopeNames } from './scope.tsx';
import '../../look/rules.css';

function One({ version, names }: { version: RuleVersion; names: ScopeNames }) {
  const { at, by, reason, scope, before, after } = version;
  return (
    <li class="version">
      <p>
        <Moment at={at} shape="long" /> · <span class="strong">{actorName(by)}</span> ·{' '}
        <ScopeName scope={scope} names={names} />
      </p>
      {/* Where the program itself changed it, the reason is a code. */}
      <p class="quotation">{wordOr('rules.moved', reason)}</p>
      <DifferenceTable items={differencesOf(before, after)} caption={t('rules.difference')} />
    </li>
  );
}

function Level({ id, title, names }: { id: string; title: string | null; names: ScopeNames }) {
  const list = useLoad<Page<RuleVersion>>(
    `rules/${encodeURIComponent(id)}/history`,
    (change) => change.kind === 'rule' && change.rule === id,
  );
  return (
    <div class="stack-2">
      {title !== null && <h3>{title}</h3>}
      <Ready of={list} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="quiet">{t('rules.neverChanged')}</p>
          ) : (
            <ol class="versions">
              {items.map((version) => (
                <One key={`${version.at} ${version.scope.of} ${version.scope.target}`} {...{ version, names }} />
              ))}
            </ol>
          )
        }
      </Ready>
    </div>
  );
}

export function History({ family, names }: { family: Family; names: ScopeNames }) {
  const levels = [...new Map(family.entries.map(({ rule }) => [rule.id, rule])).values()];
  return (
    <Box title={t('rules.history')}>
      <div class="stack">
        {levels.map(({ id, severity }) => (
          <Level key={id} id={id} title={levels.length > 1 ? t(`severity.${severity}`) : null} names={names} />
        ))}
      </div>
    </Box>
  );
}
