/** The certificate of the collector: until when, behind which authority, and who has not taken a change of it. */
import type { TlsView } from '../../../../shared/tls.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { Box, Callout, Ready } from '../../parts/box.tsx';
import { withCode } from '../../parts/code.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Moment } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';

const day = 86_400_000;
const shownAtMost = 20;
const say = (n: number) => number(n, language.value);

function Until({ at, asOf }: { at: number; asOf: number }) {
  return (
    <>
      <Moment at={at} /> ({t('certificate.days', { n: Math.floor((at - asOf) / day) })})
    </>
  );
}

function Missing({ of }: { of: TlsView['missing'] }) {
  return (
    <Callout tone="warning" title={t('certificate.missing', { n: of.length })}>
      <ul class="plain">
        {of.slice(0, shownAtMost).map(({ id, name, why, text }) => (
          <li key={id}>
            <a href={`/endpoints/${encodeURIComponent(id)}`}>{name}</a>: {t(`certificate.why.${why}`)}{' '}
            {text !== null && <span lang="en">{text}</span>}
          </li>
        ))}
      </ul>
      {of.length > shownAtMost && <p>{t('certificate.more', { n: of.length - shownAtMost })}</p>}
    </Callout>
  );
}

export function Certificate() {
  const loaded = useLoad<TlsView>('collector/tls', (change) => change.kind === 'endpoint', 5000);
  return (
    <Box title={t('certificate.title')}>
      <Ready of={loaded}>
        {({ asOf, source, names, until, trouble, authority, change, version, agents, missing }) => (
          <div class="stack">
            <dl class="facts">
              <Fact name={t('certificate.from')}>{t(`certificate.source.${source}`)}</Fact>
              {names.length > 0 && <Fact name={t('certificate.names')}>{names.join(', ')}</Fact>}
              {until !== null && (
                <Fact name={t('certificate.until')}>
                  <Until at={until} asOf={asOf} />
                </Fact>
              )}
              {authority && (
                <Fact name={t('certificate.authority')} wide>
                  <code>sha256/{authority.current.pin}</code> <Until at={authority.current.until} asOf={asOf} />
                </Fact>
              )}
              {authority?.before && !authority.before.isDropped && (
                <Fact name={t('certificate.before')}>
                  {t('certificate.notBefore')} <Moment at={authority.before.notBefore} />
                </Fact>
              )}
              {change && (
                <Fact name={t('certificate.change')}>
                  {t(`certificate.to.${change.to}`)} <Moment at={change.notBefore} />
                </Fact>
              )}
              {version > 0 && (
                <Fact name={t('certificate.agents')}>
                  {t('certificate.taken', { taken: say(agents - missing.length), of: say(agents) })}
                </Fact>
              )}
            </dl>
            {authority?.nextKeyIsHere && <p class="quiet">{withCode(t('certificate.keyHere'))}</p>}
            {trouble !== null && (
              <Callout tone="critical" title={t('certificate.trouble')}>
                <p lang="en">{trouble}</p>
              </Callout>
            )}
            {missing.length > 0 && <Missing of={missing} />}
          </div>
        )}
      </Ready>
    </Box>
  );
}
