/** The name of an endpoint, and the way to its page; an erased one has neither, the collector no page. */
import { hasPage } from '../../../shared/words/names.ts';
import { to, withQuery } from '../router.ts';
import { endpointName } from '../words/value.ts';

interface EndpointLinkProps {
  of: { id: string; name: string };
  tab?: string;
  /** That the tab is to show. */
  period?: string;
  class?: string;
}

export function EndpointLink({ of, tab, period, ...look }: EndpointLinkProps) {
  if (!hasPage(of)) return <span {...look}>{endpointName(of)}</span>;
  return (
    <a {...look} href={`${to.endpoint(of.id)}${withQuery('', { tab: tab ?? null, period: period ?? null })}`}>
      {of.name}
    </a>
  );
}
