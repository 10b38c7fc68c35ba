/** All rules: the condition of each, its owner, where it differs, and how many alerts it has now. */

import type { AlertNoise } from '../../../../shared/alert-groups.ts';
import type { RuleEntry } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { languages, loadWords } from '../../../../shared/words/index.ts';
import { ruleNames } from '../../../../shared/words/names.ts';
import { found as choiceFound } from '../../fleet/filters.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, PageHead, Ready } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { isPhone } from '../../parts/fold.tsx';
import { Icon } from '../../parts/icon.tsx';
import { ListTable } from '../../parts/list-table.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Narrowed } from '../../parts/narrowed.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Toast } from '../../parts/toast.tsx';
import { navigate, search, setQuery, to } from '../../router.ts';
import {
  basicScope,
  everywhere,
  type Family,
  familiesOf,
  levelsAt,
  overridesAt,
  scopesOf,
} from '../../rules/family.ts';
import { ruleWords } from '../../rules/sentences.ts';
import { ruleName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { AlertTabs } from '../alerts/tabs.tsx';
import { Levels } from './levels.tsx';
import { NewRule } from './new.tsx';
import { Noisiest, noiseColumn, useNoise } from './noise.tsx';
import { type ScopeNames, scopeWords, useScopeNames } from './scope.tsx';
import '../../look/rules.css';

const format = (value: number) => number(value, language.value);

/** Endpoints that show it, pending and unknown ones among them. */
const endpointsOf = (id: string): number => choiceFound('rule', id).count;

/** Links to them. */
export function EndpointCount({ id, short = false }: { id: string; short?: boolean }) {
  const count = endpointsOf(id);
  if (count === 0) return <span class="quiet usual">{short ? format(0) : t('rules.noEndpoints')}</span>;
  return (
    <a href={`/?rule=${encodeURIComponent(id)}`}>
      {short ? format(count) : t('rules.endpointsNow', { n: format(count) })}
    </a>
  );
}

/** As it is everywhere; a rule that holds in some scopes only, as in the first of them. */
const basicLevels = (family: Family): RuleEntry[] => levelsAt(family, basicScope(family));

const isOn = (family: Family): boolean => family.entries.some(({ rule }) => rule.enabled);

function ownersOf(family: Family): string {
  const owners = new Set(overridesAt(family, everywhere).map(({ owner }) => owner));
  if (owners.size === 0) return t('rules.owner.builtIn');
  return [...owners].map((owner) => (owner === 'file' ? 'evenkeel.yaml' : t('rules.owner.people'))).join(', ');
}

const exceptionsOf = (family: Family) => scopesOf(family).filter(({ of }) => of !== 'all');

function Scopes({ family, names }: { family: Family; names: ScopeNames }) {
  const others = exceptionsOf(family);
  if (others.length === 0) return <span class="quiet nowrap usual">{t('rules.nowhere')}</span>;
  const shown = others.slice(0, 3);
  return (
    <ul class="small">
      {shown.map((scope) => (
        <li key={`${scope.of} ${scope.target}`}>{scopeWords(scope, names)}</li>
      ))}
      {others.length > shown.length && (
        <li class="quiet">{t('attention.more', { n: others.length - shown.length })}</li>
      )}
    </ul>
  );
}

const columnsOf = (names: ScopeNames, noise: AlertNoise | null): TableColumn<Family>[] => [
  {
    key: 'name',
    head: t('rules.name'),
    value: (family) => ruleName(basicLevels(family)[0]?.rule ?? { id: family.id }),
    cell: (family) => (
      <div class="rule-name">
        <a href={to.rule(family.id)}>{ruleName(basicLevels(family)[0]?.rule ?? { id: family.id })}</a>
        <div class="quiet small plain">
          <code>{family.id}</code>
        </div>
      </div>
    ),
  },
  {
    key: 'when',
    head: t('rules.when'),
    bare: true,
    value: ({ entries: [first] }) => (first ? ruleWords(first.rule) : null),
    cell: (family) => (
      <div>
        <Levels levels={basicLevels(family)} />
        {appliesTo(family)}
      </div>
    ),
  },
  {
    key: 'owner',
    head: t('rules.owner.head'),
    value: ownersOf,
    cell: (family) => {
      const owners = ownersOf(family);
      return <span class={owners === t('rules.owner.builtIn') ? 'nowrap usual' : 'nowrap'}>{owners}</span>;
    },
  },
  {
    key: 'scopes',
    head: t('rules.differs'),
    value: (family) => exceptionsOf(family).length,
    cell: (family) => <Scopes family={family} names={names} />,
  },
  {
    key: 'state',
    head: t('column.state'),
    value: (family) => t(isOn(family) ? 'rules.on' : 'rules.off'),
    cell: (family) =>
      isOn(family) ? (
        <span class="usual">{t('rules.on')}</span>
      ) : (
        <Mark tone="idle" icon="offline">
          {t('rules.off')}
        </Mark>
      ),
  },
  {
    key: 'endpoints',
    head: t('rules.endpoints'),
    right: true,
    value: ({ id }) => endpointsOf(id),
    cell: (family) => <EndpointCount id={family.id} short />,
  },
  noiseColumn(noise),
];

function appliesTo(family: Family) {
  const applies = basicLevels(family)[0]?.rule.applies ?? 'all';
  return applies === 'all' ? null : <div class="quiet small">{t(`rules.only.${applies}`)}</div>;
}

// For the search by name in any language; until they are here, or without them, the one that is shown is searched.
for (const code of languages) loadWords(code).catch(() => {});

/** By name in any language, id, and what it looks at. */
function matches(family: Family, words: string): boolean {
  const text = family.entries
    .map(({ rule }) => `${rule.id} ${ruleNames(rule)} ${ruleWords(rule)}`)
    .join(' ')
    .normalize('NFKC')
    .toLowerCase();
  return words
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export function RulesPage() {
  const list = useLoad<Page<RuleEntry>>('rules', (change) => change.kind === 'rule');
  const noise = useNoise();
  const names = useScopeNames();
  const query = new URLSearchParams(search.value);
  const words = query.get('q') ?? '';
  const isNew = may('admin') && query.get('new') !== null;
  const families = familiesOf(list.data?.items ?? []);
  const isFiring = query.get('firing') !== null;
  const found = families.filter((family) => matches(family, words) && (!isFiring || endpointsOf(family.id) > 0));
  // Those with alerts first: a phone shows no more than these and some.
  const urgent = found.toSorted((a, b) => endpointsOf(b.id) - endpointsOf(a.id));
  const holding = families.filter(({ id }) => endpointsOf(id) > 0).length;
  return (
    <>
      <PageHead
        title={t('page.rules')}
        lead={
          list.data && (
            <Sentence
              of="rules.lead"
              values={{
                n: <a href="/rules">{format(families.length)}</a>,
                holding: <a href="/rules?firing=1">{format(holding)}</a>,
              }}
            />
          )
        }
      >
        {may('admin') && !isNew && (
          <button type="button" class="button" onClick={() => setQuery({ new: '1' })}>
            <Icon name="add" />
            {t('rules.new')}
          </button>
        )}
      </PageHead>
      <AlertTabs current="rules" />
      {list.data && <Noisiest of={noise} families={families} />}
      {isNew && list.data && (
        <Box title={t('rules.new')}>
          <NewRule
            names={names}
            taken={list.data.items.map(({ rule }) => rule.id)}
            onCancel={() => navigate('/rules')}
          />
        </Box>
      )}
      <div class="filters">
        <Input
          label={t('filter.search')}
          type="search"
          value={words}
          onInput={(q) => setQuery({ q: q || null })}
          placeholder={t('rules.searchHint')}
          wide
        />
        <Narrowed of={[['firing', isFiring && t('rules.endpoints')]]} />
      </div>
      <section class="box" aria-label={t('page.rules')}>
        <Ready of={list}>
          {() =>
            found.length === 0 ? (
              <p class="box-body quiet">{t('rules.noMatch')}</p>
            ) : (
              <ListTable
                name="list"
                caption={t('page.rules')}
                columns={columnsOf(names, noise.data)}
                rows={isPhone.value ? urgent : found}
                keyOf={(family) => family.id}
              />
            )
          }
        </Ready>
      </section>
      <Toast />
    </>
  );
}
