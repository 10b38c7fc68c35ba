/** Scopes by name, and the choice of one. */
import type { EndpointRow, GroupRow, SiteRow } from '../../../../shared/api.ts';
import { useFleet } from '../../fleet/store.ts';
import { useLoad } from '../../net/load.ts';
import type { Page } from '../../net/request.ts';
import { Input, Select } from '../../parts/field.tsx';
import { to } from '../../router.ts';
import { everywhere, type RuleReach, scopeKinds } from '../../rules/family.ts';
import { t, wordOr } from '../../words/words.ts';

/** Ids of groups and endpoints by name; an endpoint that is not in the fleet any more keeps its id. */
export interface ScopeNames {
  groups: ReadonlyMap<string, string>;
  sites: ReadonlyMap<string, string>;
  endpoints: ReadonlyMap<string, EndpointRow>;
}

export function useScopeNames(): ScopeNames {
  const isOfPlaces = (change: { kind: string }) => change.kind === 'site' || change.kind === 'group';
  const groups = useLoad<Page<GroupRow>>('groups', isOfPlaces).data?.items ?? [];
  const sites = useLoad<Page<SiteRow>>('sites', isOfPlaces).data?.items ?? [];
  return {
    groups: new Map(groups.map(({ id, name }) => [id, name])),
    sites: new Map(sites.map(({ id, name }) => [name, id])),
    endpoints: useFleet() ?? new Map(),
  };
}

function targetName({ of, target }: RuleReach, names: ScopeNames): string {
  if (of === 'kind') return wordOr('kind', target);
  if (of === 'group') return names.groups.get(target) ?? target;
  if (of === 'endpoint') return names.endpoints.get(target)?.name ?? target;
  return target;
}

/** `Site: Berlin`, as text. */
export function scopeWords(scope: RuleReach, names: ScopeNames): string {
  if (scope.of === 'all') return t('rules.scope.all');
  return t('rules.scoped', { of: t(`rules.scope.${scope.of}`), name: targetName(scope, names) });
}

/** The same, with a link to what it is about. */
export function ScopeName({ scope, names }: { scope: RuleReach; names: ScopeNames }) {
  const words = scopeWords(scope, names);
  const site = scope.of === 'site' ? names.sites.get(scope.target) : undefined;
  if (site !== undefined) return <a href={to.site(site)}>{words}</a>;
  if (scope.of === 'group' && names.groups.has(scope.target)) return <a href={to.group(scope.target)}>{words}</a>;
  if (scope.of === 'endpoint' && names.endpoints.has(scope.target))
    return <a href={to.endpoint(scope.target)}>{words}</a>;
  return <span>{words}</span>;
}

function optionsOf(of: RuleReach['of'], names: ScopeNames): [string, string][] {
  const all = [...names.endpoints.values()];
  switch (of) {
    case 'all':
      return [];
    case 'kind':
      return [
        ['server', t('kind.server')],
        ['workstation', t('kind.workstation')],
      ];
    case 'site':
      return [...names.sites.keys()].map((name) => [name, name]);
    case 'group':
      return [...names.groups].map(([id, name]) => [id, name]);
    case 'tag':
      return [...new Set(all.flatMap(({ tags }) => tags))].sort().map((tag) => [tag, tag]);
    case 'endpoint':
      return all
        .map(({ id, name }): [string, string] => [id, name])
        .sort(([, a], [, b]) => a.localeCompare(b, 'en', { numeric: true }));
  }
}

interface PickerProps {
  value: RuleReach;
  names: ScopeNames;
  /** What was typed is no target yet: then the target is empty. */
  onChange: (scope: RuleReach) => void;
  error?: string | undefined;
}

/** A list for few, a field with suggestions for the fleet. */
export function ScopePicker({ value, names, onChange, error }: PickerProps) {
  const options = optionsOf(value.of, names);
  const choose = (target: string) => onChange({ of: value.of, target });
  return (
    <>
      <Select
        label={t('rules.where')}
        value={value.of}
        onChange={(of) => onChange(of === 'all' ? everywhere : { of: of as RuleReach['of'], target: '' })}
        options={scopeKinds.map((of) => [of, t(`rules.scope.${of}`)] as const)}
      />
      {value.of === 'endpoint' && (
        <>
          <Input
            label={t('rules.which')}
            value={options.find(([id]) => id === value.target)?.[1] ?? value.target}
            onInput={(name) => choose(options.find(([, one]) => one === name)?.[0] ?? name)}
            list="rule-endpoints"
            autocomplete="off"
            error={error}
          />
          <datalist id="rule-endpoints">
            {options.map(([id, name]) => (
              <option key={id} value={name} />
            ))}
          </datalist>
        </>
      )}
      {value.of !== 'endpoint' && value.of !== 'all' && (
        <Select
          label={t('rules.which')}
          value={value.target}
          onChange={choose}
          options={[['', options.length === 0 ? t('rules.noTarget') : t('common.choose')], ...options]}
          error={error}
        />
      )}
    </>
  );
}

/** Whether it names an existing target. */
export const isThere = (scope: RuleReach, names: ScopeNames): boolean =>
  scope.of === 'all' || optionsOf(scope.of, names).some(([value]) => value === scope.target);
