/** One rule: its definition everywhere and in each scope in which it differs, how to change it, and its history. */

import { useState } from 'preact/hooks';
import type { RuleEntry } from '../../../../shared/api.ts';
import { aboutLanguage } from '../../../../shared/words/index.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Callout, Empty, PageHead, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Ago } from '../../parts/moment.tsx';
import { search, setQuery, to } from '../../router.ts';
import {
  editQuery,
  everywhere,
  type Family,
  familiesOf,
  familyOf,
  isFixedAt,
  levelsAt,
  overridesAt,
  type RuleReach,
  reachIn,
  scopesOf,
} from '../../rules/family.ts';
import { ruleName } from '../../words/value.ts';
import { actorName, language, t } from '../../words/words.ts';
import { RuleForm, TakeBack } from './form.tsx';
import { History } from './history.tsx';
import { Levels } from './levels.tsx';
import { EndpointCount } from './list.tsx';
import { ScopeName, type ScopeNames, scopeWords, useScopeNames } from './scope.tsx';
import '../../look/rules.css';

function Owner({ entry }: { entry: Pick<RuleEntry, 'owner' | 'changedAt' | 'changedBy'> }) {
  const { owner, changedAt, changedBy } = entry;
  if (owner === 'file') return <span>evenkeel.yaml</span>;
  if (owner === 'built-in') return <span class="quiet">{t('rules.owner.builtIn')}</span>;
  return (
    <span>
      {actorName(changedBy ?? '')}{' '}
      <span class="quiet small">
        <Ago at={changedAt} />
      </span>
    </span>
  );
}

/** The owners of its overrides within a scope; the settings file first, because it cannot be changed here. */
const ownerAt = (entries: readonly RuleEntry[]): RuleEntry | undefined =>
  entries.find(({ owner }) => owner === 'file') ?? entries[0];

function takeBackWord(scope: RuleReach, entry: RuleEntry | undefined): string {
  if (scope.of !== 'all') return t('rules.removeException');
  return entry?.hasDefault ? t('rules.reset') : t('rules.delete');
}

interface ScopeProps {
  family: Family;
  scope: RuleReach;
  names: ScopeNames;
  onEdit: (scope: RuleReach) => void;
}

function ScopeRow({ family, scope, names, onEdit }: ScopeProps) {
  const [isAsked, setAsked] = useState(false);
  const overrides = overridesAt(family, scope);
  const owner = ownerAt(overrides);
  const isInFile = overrides.some((one) => one.owner === 'file');
  const isOurs = overrides.some((one) => one.owner === 'people');
  const levels = levelsAt(family, scope);
  const canEdit = may('admin') && !isFixedAt(family, scope);
  const action = takeBackWord(scope, overrides[0]);
  return (
    <li class="scope">
      <div class="spread">
        <h3>
          <ScopeName scope={scope} names={names} />
        </h3>
        <span class="small">
          <Owner entry={owner ?? { owner: 'built-in', changedAt: null, changedBy: null }} />
        </span>
      </div>
      <Levels levels={levels} />
      {isInFile && <p class="small quiet">{t('rules.inFile')}</p>}
      {may('admin') && !isAsked && (
        <div class="row">
          {canEdit && (
            <button type="button" class="button slim" onClick={() => onEdit(scope)}>
              {t('rules.change')}
              <span class="unseen"> {scopeWords(scope, names)}</span>
            </button>
          )}
          {isOurs && (
            <button type="button" class="button slim" onClick={() => setAsked(true)}>
              {action}
              <span class="unseen"> {scopeWords(scope, names)}</span>
            </button>
          )}
        </div>
      )}
      {isAsked && (
        <TakeBack
          {...{ family, scope, names, action }}
          onDone={() => setAsked(false)}
          onCancel={() => setAsked(false)}
        />
      )}
    </li>
  );
}

const RuleLinks = ({ ids, rules }: { ids: readonly string[]; rules: readonly RuleEntry[] }) => (
  <>
    {ids.map((id, n) => (
      <span key={id}>
        {n > 0 && aboutLanguage(language.value).separator}
        <a href={to.rule(id)}>{ruleName(rules.find(({ rule }) => rule.id === id)?.rule ?? { id })}</a>
      </span>
    ))}
  </>
);

function Detail({ family, rules, reload }: { family: Family; rules: readonly RuleEntry[]; reload: () => void }) {
  const names = useScopeNames();
  const edited = may('admin') ? reachIn(search.value) : null;
  const [isDone, setDone] = useState(false);
  const base = levelsAt(family, everywhere);
  const first = (base[0] ?? family.entries[0]) as RuleEntry;
  const edit = (scope: RuleReach | null) => {
    setDone(false);
    setQuery(scope ? editQuery(scope) : { edit: null, target: null });
  };
  // Deleting the rule ends the page; what is left to do is shown there.
  return (
    <>
      <Crumbs list="rules" title={ruleName(first.rule)} />
      <PageHead
        title={ruleName(first.rule)}
        lead={
          <>
            <code>{family.id}</code> · <EndpointCount id={family.id} />
          </>
        }
      >
        {may('admin') && !edited && (
          <button type="button" class="button" onClick={() => edit({ of: 'site', target: '' })}>
            {t('rules.exception')}
          </button>
        )}
      </PageHead>
      <div role="status">{isDone && <Callout tone="ok" title={t('rules.done')} />}</div>
      {edited && (
        <Box title={t('rules.changeOf')}>
          <RuleForm
            key={`${edited.of} ${edited.target}`}
            {...{ family, names }}
            scope={edited}
            onDone={() => {
              edit(null);
              setDone(true);
              reload();
            }}
            onCancel={() => edit(null)}
          />
        </Box>
      )}
      <Box title={t('rules.whereItHolds')}>
        <ul class="scopes">
          {scopesOf(family)
            .filter((scope) => scope.of !== 'all' || base.length > 0)
            .map((scope) => (
              <ScopeRow key={`${scope.of} ${scope.target}`} {...{ family, scope, names }} onEdit={edit} />
            ))}
        </ul>
        {first.rule.covered_by && (
          <p class="small">
            {t('rules.part.covered_by')}: <RuleLinks ids={first.rule.covered_by} rules={rules} />
          </p>
        )}
        <p class="small quiet">{t('rules.order')}</p>
      </Box>
      <History family={family} names={names} />
    </>
  );
}

export function RulePage({ id }: { id: string }) {
  const list = useLoad<Page<RuleEntry>>('rules', (change) => change.kind === 'rule');
  return (
    <>
      {list.data === null && <PageHead title={t('page.rule')} />}
      <Ready of={list} lines={8}>
        {({ items }) => {
          // The address of a worse level leads to the rule that it is a level of.
          const level = items.find(({ rule }) => rule.id === id);
          const family = level && familiesOf(items).find((one) => one.id === familyOf(level.rule));
          if (family) return <Detail family={family} rules={items} reload={list.reload} />;
          return (
            <>
              <PageHead title={t('rules.gone')} />
              <section class="box">
                <Empty icon="rules" title={id}>
                  <a class="button" href="/rules">
                    {t('page.rules')}
                  </a>
                </Empty>
              </section>
            </>
          );
        }}
      </Ready>
    </>
  );
}
