/** A report as it was made: first what a meeting needs, then its annexes; on paper the same as on the screen. */
import type { PeriodReport, PeriodReportContent, PeriodReportRow } from '../../../../shared/api.ts';
import { number, shownUnit } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Dots } from '../../parts/dots.tsx';
import { FileButton } from '../../parts/file-button.tsx';
import { navigate } from '../../router.ts';
import { instantBeside } from '../../time/beside.ts';
import { actorName, language, t } from '../../words/words.ts';
import { formatUnit, kpiWord } from '../kpi-tile.tsx';
import { Actions } from '../stability/actions.tsx';
import { ChangeCost } from '../stability/change-cost.tsx';
import { formatMonth } from '../stability/format.ts';
import { Hours } from '../stability/hours.tsx';
import { About, Lead } from '../stability/lead.tsx';
import { Exclusions, madeWithLines } from '../stability/made-with.tsx';
import { Majors } from '../stability/majors.tsx';
import { Causes, Waterfall } from '../stability/parts.tsx';
import { ProtectionBlock } from '../stability/protection.tsx';
import { Sites } from '../stability/sites.tsx';
import { Support } from '../stability/support.tsx';
import { Tiles } from '../stability/tiles.tsx';
import '../../look/reports.css';

/** One line for each number, with what it was computed by. */
function Meanings({ content: { stability } }: { content: PeriodReportContent }) {
  return (
    <dl class="definitions small">
      {stability.parts.map(({ part, kpi, weight, target, floor, unit }) => (
        <div key={part}>
          <dt>{t(`stability.part.${part}`)}</dt>
          <dd>
            {t(`stability.meaning.${part}`)}{' '}
            <span class="quiet">
              {t('stability.define.line', {
                weight: number(weight, language.value, 1),
                target: formatUnit(shownUnit(kpi, unit), target),
                floor: formatUnit(shownUnit(kpi, unit), floor),
              })}
            </span>
          </dd>
        </div>
      ))}
      {stability.kpis
        .filter(({ id }) => !stability.parts.some(({ kpi }) => kpi === id))
        .map(({ id }) => (
          <div key={id}>
            <dt>{kpiWord(id, 'name')}</dt>
            <dd>{kpiWord(id, 'meaning')}</dd>
          </div>
        ))}
    </dl>
  );
}

function Versions({ report }: { report: PeriodReport }) {
  const { content, digest, madeAt, by, revision, reason } = report;
  const { stability } = content;
  return (
    <div class="stack-2 small quiet">
      <p>
        <Dots
          of={[
            t('report.made', { at: instantBeside(madeAt, stability.period, language.value), by: actorName(by) }),
            revision > 0 && t('report.revision', { n: revision, reason: reason || '—' }),
          ]}
        />
      </p>
      <p>
        <Dots of={[t('stability.definitionOf', { n: stability.index.definition }), ...madeWithLines(content)]} />
      </p>
      <p class="digest">{t('report.digest', { digest })}</p>
    </div>
  );
}

function Downloads({ report }: { report: PeriodReport }) {
  const address = `reports/${encodeURIComponent(report.id)}`;
  return (
    <span class="row screen-only">
      <FileButton address={`${address}.pdf`} kind="PDF" />
      <FileButton address={`${address}.csv`} kind="CSV" />
      <button type="button" class="button" onClick={() => print()}>
        {t('stability.print')}
      </button>
    </span>
  );
}

function Content({ report }: { report: PeriodReport }) {
  const { content } = report;
  const { stability, before } = content;
  return (
    <div class="report">
      <Lead data={stability} />
      <Tiles data={stability} />
      <div class="report-halves">
        <Waterfall data={stability} />
        <Actions data={stability} />
      </div>
      <Sites data={stability} />
      <Hours data={stability} before={before} />
      <section class="annex">
        <h2>{t('report.annex')}</h2>
        <Majors data={stability} />
        <Causes data={stability} />
        <Support data={stability} />
        <ProtectionBlock data={stability} />
        <ChangeCost data={stability} />
      </section>
      <section class="annex stack">
        <Box title={t('report.meanings')}>
          <Meanings content={content} />
        </Box>
        <Box title={t('report.exclusions')}>
          <Exclusions madeWith={content} zone={stability.period.zone} />
        </Box>
        <Box title={t('report.versions')}>
          <Versions report={report} />
        </Box>
      </section>
    </div>
  );
}

/** Its numbers may have changed since it was made. */
function Settled({ report: { period, site, language: inLanguage } }: { report: PeriodReport }) {
  const { busy, problem, send } = useSend();
  const body = {
    ...{ period: period.name, zone: period.zone, language: inLanguage, reason: t('report.settledReason') },
    ...(site === null ? {} : { site: site.id }),
  };
  const make = () =>
    send(async () => navigate(`/reports/${(await call<PeriodReportRow>('reports', { method: 'POST', body })).id}`));
  return (
    <div class="callout screen-only">
      <p>{t('report.settledSince')}</p>
      {may('manager') && (
        <button type="button" class="button" disabled={busy} onClick={() => void make()}>
          {busy ? t('common.working') : t('report.makeAnew')}
        </button>
      )}
      {problem && <ProblemCallout problem={problem} />}
    </div>
  );
}

export function ReportPage({ id }: { id: string }) {
  const loaded = useLoad<PeriodReport>(`reports/${encodeURIComponent(id)}`);
  const report = loaded.data;
  return (
    <>
      <Crumbs list="reports" title={report && t('report.title', { period: formatMonth(report.period.name) })} />
      <PageHead
        title={report ? t('report.title', { period: formatMonth(report.period.name) }) : t('page.report')}
        lead={report && <About data={report.content.stability} isFinal={!report.provisional} />}
      >
        {report && <Downloads report={report} />}
      </PageHead>
      {report?.settledSince && <Settled report={report} />}
      <Ready of={loaded} lines={8}>
        {(data) => <Content report={data} />}
      </Ready>
    </>
  );
}
