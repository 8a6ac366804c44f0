// Asks the server for its status every two seconds and writes it into the tables. Runs in a browser, as it is.
(() => {
  const REFRESH_MS = 2000;
  // More rows than anyone reads would only keep the browser busy.
  const STREAMS_SHOWN_MAX = 200;
  const byId = (id) => document.getElementById(id);
  const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

  // Text only, never markup: names come from callers.
  function row([head, ...cells], textColumns) {
    const tr = document.createElement('tr');
    const th = document.createElement('th');
    th.scope = 'row';
    th.textContent = head;
    tr.append(th);
    cells.forEach((cell, index) => {
      const td = document.createElement('td');
      td.textContent = cell;
      if (!textColumns.includes(index)) td.className = 'n';
      tr.append(td);
    });
    return tr;
  }

  function pair(term, description) {
    const div = document.createElement('div');
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    dt.textContent = term;
    dd.textContent = description;
    div.append(dt, dd);
    return div;
  }

  function sinceText(ms) {
    const minutes = Math.floor(ms / 60000);
    if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
    if (minutes < 60) return `${minutes} min`;
    return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`;
  }

  function showState(state) {
    const line = byId('state');
    const text = line.querySelector('strong');
    // Written only when it changes: a screen reader speaks every writing.
    if (line.className === state) return;
    line.className = state;
    text.textContent = state;
    document.title = `seqcast: ${state}`;
  }

  function show(status, sequences) {
    showState(status.state);
    byId('process').replaceChildren(
      pair('Version', status.version),
      pair('Up for', sinceText(status.nowMs - status.startedAtMs)),
      pair('Data directory', status.dataDir),
      pair('Incarnation', status.incarnation),
      pair('Sequences', whole.format(sequences.length)),
      pair('Streams', whole.format(status.streams.length)),
    );
    byId('sequences').replaceChildren(
      ...sequences.map((s) =>
        row(
          [
            s.name,
            s.start,
            s.increment,
            s.cycle ? `${s.max}, then again` : s.max,
            s.order,
            whole.format(s.claimed),
            whole.format(s.streams),
          ],
          [3],
        ),
      ),
    );
    byId('no-sequences').hidden = sequences.length > 0;
    const busiest = [...status.streams].sort((a, b) => b.demandPerSecond - a.demandPerSecond || b.requestsTotal - a.requestsTotal);
    byId('streams').replaceChildren(
      ...busiest
        .slice(0, STREAMS_SHOWN_MAX)
        .map((s) =>
          row(
            [
              s.stream,
              short.format(s.demandPerSecond),
              `${short.format(s.forecastMedian)} to ${short.format(s.forecastUpper)}`,
              whole.format(s.stock),
              whole.format(s.reorderPoint),
              whole.format(s.requestsTotal),
              whole.format(s.stallsTotal),
              whole.format(s.allocationsTotal),
            ],
            [],
          ),
        ),
    );
    byId('no-streams').hidden = busiest.length > 0;
    const more = busiest.length - STREAMS_SHOWN_MAX;
    byId('more-streams').hidden = more <= 0;
    byId('more-streams').textContent = `… and ${whole.format(more)} quieter ones: see the status as JSON.`;
  }

  async function ask(path) {
    const answer = await fetch(path, { cache: 'no-store' });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return await answer.json();
  }

  async function refresh() {
    try {
      const [status, list] = await Promise.all([ask('v1/status'), ask('v1/sequences')]);
      show(status, list.sequences);
    } catch {
      showState('unreachable');
    }
    setTimeout(refresh, REFRESH_MS);
  }

  void refresh();
})();
