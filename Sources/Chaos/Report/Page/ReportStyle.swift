/// What the page looks like. Regions have the colours of Okabe and Ito, which people who see few colours tell apart;
/// what is bad has a sign of its own beside its colour.
enum ReportStyle {
    static let sheet = """
        :root{color-scheme:light dark;--bg:#fff;--ink:#1c2127;--soft:#59636e;--faint:#848d97;--line:#d9dee4;
        --hair:#eaedf0;--panel:#f6f8fa;--good:#0b6e4f;--bad:#c42b1c;--badbg:#fdeeec;--fault:#e9ddf5;--faultline:#8a63b0;
        --down:#3d444d;--mid:#24292f;--spread:#9fb3c8;--r0:#0072b2;--r1:#e69f00;--r2:#009e73;--r3:#cc79a7;--r4:#56b4e9;
        --r5:#8c8c8c}
        @media (prefers-color-scheme:dark){:root{--bg:#0f1317;--ink:#e4e8ec;--soft:#a3adb8;--faint:#7d8792;
        --line:#2c333b;--hair:#1f252c;--panel:#161b21;--good:#4cc38a;--bad:#ff7a6b;--badbg:#35191a;--fault:#3a2d4d;
        --faultline:#b493d6;--down:#aeb7c0;--mid:#f0f3f6;--spread:#4b5f75;--r0:#3a96d2;--r1:#d99a1c;--r2:#22a884;
        --r3:#c982ab;--r4:#7cc4ee;--r5:#9a9a9a}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,
        "Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
        main{max-width:1200px;margin:0 auto;padding:28px 20px 60px}
        h1{font-size:20px;font-weight:600;margin:0}
        h2{font-size:16px;font-weight:600;margin:0}
        h3{font-size:12px;font-weight:600;color:var(--soft);margin:18px 0 6px}
        a{color:inherit;text-decoration-color:var(--faint);text-underline-offset:3px}
        code{font:12px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
        .soft{color:var(--soft)} .faint{color:var(--faint)} .bad{color:var(--bad)} .good{color:var(--good)}
        .verdict{display:inline-block;font-size:12px;font-weight:600;letter-spacing:.03em;padding:1px 8px;
        border:1px solid currentColor;border-radius:3px;white-space:nowrap}
        .head{display:flex;align-items:center;gap:14px;flex-wrap:wrap}
        .head .verdict{font-size:16px;padding:3px 12px}
        .facts{display:flex;flex-wrap:wrap;gap:0;margin:18px 0;border:1px solid var(--line);border-radius:4px}
        .facts div{flex:1 1 130px;padding:9px 14px;border-left:1px solid var(--line);margin-left:-1px}
        .facts b{display:block;font-size:20px;font-weight:600;line-height:1.25}
        .facts span{font-size:12px;color:var(--soft)}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:1px 16px;margin:0 0 8px;font-size:13px}
        dt{color:var(--soft)} dd{margin:0;overflow-wrap:anywhere}
        table{border-collapse:collapse;font-size:13px}
        th{font-weight:500;font-size:12px;color:var(--soft);text-align:right;vertical-align:bottom;
        padding:4px 10px;border-bottom:1px solid var(--line);line-height:1.25}
        td{padding:4px 10px;border-bottom:1px solid var(--hair);text-align:right;white-space:nowrap;vertical-align:top}
        th.w,td.w{text-align:left} td.wrap{white-space:normal}
        table.all{width:100%} table.all td small{display:block;font-size:11px;color:var(--faint);line-height:1.3}
        .scroll{overflow-x:auto}
        td.miss{background:var(--badbg);color:var(--bad);font-weight:600}
        td .bar{display:block;height:2px;background:var(--hair);margin:2px 0 1px;min-width:56px}
        td .bar i{display:block;height:2px;background:var(--soft)} td.miss .bar i{background:var(--bad)}
        section{margin-top:34px;padding-top:16px;border-top:2px solid var(--line)}
        section .head .verdict{font-size:12px;padding:1px 8px}
        ul{margin:4px 0;padding-left:18px;font-size:13px} li{margin:1px 0;overflow-wrap:anywhere}
        .seeds{font-size:12px;color:var(--soft);overflow-wrap:anywhere} .seeds b{color:var(--bad)}
        details{font-size:12px;margin-top:8px} summary{color:var(--soft);cursor:pointer}
        details td{font-size:12px;padding:1px 10px;border:0}
        .columns{display:flex;gap:28px;flex-wrap:wrap;align-items:flex-start} .columns>div{min-width:0}
        .columns .grow{flex:1 1 320px}
        svg{display:block} svg.timeline{width:100%;height:auto;margin-top:4px} svg.dots{width:190px;height:20px}
        svg text{font-size:10.5px;fill:var(--soft);font-family:inherit}
        svg .tl,svg .tb{fill:var(--ink)} svg .tu{fill:var(--ink);font-weight:600} svg .tr{fill:var(--bad)}
        svg .ts{font-size:9.5px;fill:var(--faint)} svg .tg{fill:var(--ink);font-weight:600}
        .grid{stroke:var(--hair)} .axis{stroke:var(--line)} .empty{fill:var(--panel)}
        .halo{fill:var(--bg);fill-opacity:.8}
        .fault{fill:var(--fault)} .shade{fill:var(--fault);fill-opacity:.38} .moment{fill:var(--faultline)}
        .momentline{stroke:var(--faultline);stroke-dasharray:2 3}
        .down{fill:var(--down)} .failed{fill:var(--bad)} .gap{stroke:var(--ink);stroke-width:1.2}
        .r0{fill:var(--r0)} .r1{fill:var(--r1)} .r2{fill:var(--r2)} .r3{fill:var(--r3)} .r4{fill:var(--r4)}
        .r5{fill:var(--r5)} .rx{fill:var(--faint)}
        .area{fill-opacity:.72;stroke:var(--bg);stroke-width:.5} .l{fill-opacity:.4}
        .spread{fill:var(--spread);fill-opacity:.75} .middle{fill:none;stroke:var(--mid);stroke-width:1.2}
        .longest{fill:none;stroke:var(--r3);stroke-width:1}
        .dot{fill:var(--r0);fill-opacity:.55} .baddot{fill:var(--bad)} .bound{stroke:var(--ink);stroke-width:1.5}
        .tick{stroke:var(--faint)} .cross{stroke:var(--ink);stroke-width:.7;visibility:hidden}
        @media print{main{max-width:none;padding:0} tr,svg.timeline,.head{break-inside:avoid} h3{break-after:avoid}
        body{font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact} .scroll{overflow:visible}}
        """

    /// A line through all parts of a time line below the pointer, with its time. Without it nothing is missing.
    static let script = """
        for(const s of document.querySelectorAll('svg.timeline')){const w=s.viewBox.baseVal;
        const n='http://www.w3.org/2000/svg';
        const l=document.createElementNS(n,'line'),t=document.createElementNS(n,'text');l.setAttribute('class','cross');
        l.setAttribute('y1',0);l.setAttribute('y2',w.height-30);t.setAttribute('y',w.height-20);
        t.setAttribute('class','tg');
        t.style.visibility='hidden';l.style.pointerEvents='none';s.append(l,t);
        const a=+s.dataset.left,b=+s.dataset.right,len=+s.dataset.length;
        s.addEventListener('pointermove',e=>{const r=s.getBoundingClientRect(),x=(e.clientX-r.left)*w.width/r.width;
        const v=x>=a&&x<=b?'visible':'hidden';l.style.visibility=t.style.visibility=v;l.setAttribute('x1',x);
        l.setAttribute('x2',x);t.setAttribute('x',x+5);t.textContent=((x-a)/(b-a)*len).toFixed(2)+' s'});
        s.addEventListener('pointerleave',()=>{l.style.visibility=t.style.visibility='hidden'})}
        """
}
