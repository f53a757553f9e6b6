#include "examples/cli/page.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/atomic_file.h"
#include "core/error.h"

namespace tare::cli {
namespace {

// Colours are variables, so that one sheet serves light and dark; curves take the eight hues in this order.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--page:#f7f7f5;--card:#ffffff;--ink:#16181d;--soft:#5b5f66;--line:#e3e3de;--grid:#ececE7;
--c0:#2a78d6;--c1:#e2662c;--c2:#15966a;--c3:#b98600;--c4:#c8558a;--c5:#5a4bbd;--c6:#3b8f2e;--c7:#d23f3e}
@media(prefers-color-scheme:dark){:root{--page:#131416;--card:#1b1d20;--ink:#eceae4;--soft:#a7aab0;--line:#2f3237;--grid:#282b2f;
--c0:#5b9df0;--c1:#f08850;--c2:#3dbb8d;--c3:#d9a93a;--c4:#e683b1;--c5:#9d90f0;--c6:#6fbf60;--c7:#f07170}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1060px;padding:32px 20px 64px;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:28px;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:18px;margin:40px 0 12px}
p{margin:4px 0 12px;color:var(--soft);max-width:72ch}
a{color:var(--c0)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 0}
.cards div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.cards dt{color:var(--soft);font-size:13px}
.cards dd{margin:2px 0 0;font-size:22px;font-weight:600;font-variant-numeric:tabular-nums}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:16px;align-items:start}
figure{margin:0 0 16px;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px 16px;min-width:0}
figcaption{font-weight:600;margin-bottom:6px}
svg{display:block;width:100%;height:auto;font:12px system-ui,sans-serif}
svg text{fill:var(--soft)} svg .ink{fill:var(--ink)}
.grid{stroke:var(--grid)} .axis{stroke:var(--line)}
.plot{position:relative;height:280px}
.legend{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;color:var(--soft);margin-bottom:6px}
.legend button{all:unset;display:inline-flex;align-items:center;gap:6px}
.live .legend button{cursor:pointer} .legend button.off{opacity:.35}
.legend button:focus-visible{outline:2px solid var(--c0);border-radius:3px}
.legend i{width:18px;height:0;border-top:3px solid;border-radius:2px}
.scroll{overflow-x:auto;margin-bottom:16px;background:var(--card);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:6px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:13px}
tbody tr:last-child td,tbody tr:last-child th{border-bottom:0}
.l{text-align:left} td.wrap{white-space:normal;min-width:280px;color:var(--soft);font-size:13px}
tfoot td,tfoot th{font-weight:600;border-top:1px solid var(--line);border-bottom:0}
code,pre{font:13px/1.45 ui-monospace,monospace}
pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;margin:8px 0}
details{margin-top:8px} summary{cursor:pointer;color:var(--soft);font-size:13px}
details .scroll{margin-top:8px;max-height:360px;overflow:auto}
.matrix td{border:0;padding:5px 4px;text-align:center;min-width:44px} .matrix thead th:not(.l){width:8%}
.matrix th{border:0;padding:5px 8px} .matrix tbody th{color:var(--ink);font-weight:400} .matrix .hi{color:#fff} .matrix .zero{color:var(--soft);opacity:.5}
.faces{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:12px}
.faces figure{margin:0;padding:8px;font-size:12.5px;line-height:1.35}
.faces img{width:100%;image-rendering:pixelated;border-radius:4px;background:#000;display:block;margin-bottom:6px}
.faces b{display:block;font-weight:600} .faces span{color:var(--soft);display:block}
.bar{display:inline-block;height:9px;border-radius:2px;background:var(--c0);vertical-align:baseline;margin-right:6px}
.bad{color:var(--c7)}
small.options{display:block;margin-left:auto;max-width:130px;white-space:normal;overflow-wrap:anywhere;color:var(--soft)}
)css";

// Puts a canvas in the place of each SVG; again when the colour scheme changes.
constexpr std::string_view kScript = R"js(
(()=>{if(!window.Chart)return;
const css=n=>getComputedStyle(document.documentElement).getPropertyValue(n).trim();
const charts=[];
function draw(){
 charts.splice(0).forEach(c=>c.destroy());
 document.querySelectorAll('figure[data-chart]').forEach(f=>{
  const d=JSON.parse(f.dataset.chart),plot=f.querySelector('.plot'),off=f.off=f.off||new Set();
  const show=v=>d.percent?(100*v).toFixed(2)+'%':Number(v.toPrecision(4)).toString();
  const sets=[];
  d.curves.forEach((c,i)=>{
   const col=css('--c'+i%8),pts=c.y.map((y,k)=>({x:c.x[k],y})),hidden=off.has(i);
   if(c.low){const band={pointRadius:0,pointHitRadius:0,borderWidth:0,backgroundColor:col+'28',curve:i,band:true,hidden};
    sets.push({...band,data:c.low.map((y,k)=>({x:c.x[k],y})),fill:false},{...band,data:c.high.map((y,k)=>({x:c.x[k],y})),fill:'-1'});}
   sets.push({label:c.name,data:pts,borderColor:col,backgroundColor:col,borderWidth:2,pointRadius:pts.length>40?0:3,pointHoverRadius:5,
    borderDash:[[],[6,3],[2,3],[8,3,2,3]][Math.floor(i/8)%4],curve:i,hidden});
  });
  plot.hidden=false;plot.innerHTML='<canvas role="img"></canvas>';f.querySelector('svg').style.display='none';f.classList.add('live');
  plot.firstChild.setAttribute('aria-label',f.querySelector('figcaption').textContent);
  const tick={color:css('--soft')};
  const chart=new Chart(plot.firstChild,{type:'line',data:{datasets:sets},options:{animation:false,maintainAspectRatio:false,
   interaction:{mode:'nearest',axis:'x',intersect:false},
   scales:{x:{type:'linear',bounds:'data',title:{display:true,text:d.x_label,color:css('--soft')},grid:{display:false},border:{color:css('--line')},ticks:{...tick,precision:0}},
    y:{grid:{color:css('--grid')},ticks:{...tick,callback:v=>d.percent?+(100*v).toFixed(6)+'%':Number(v.toPrecision(6))}}},
   plugins:{legend:{display:false},tooltip:{filter:i=>!i.dataset.band,callbacks:{title:i=>i.length?d.x_label+' '+i[0].parsed.x:'',
    label:i=>' '+i.dataset.label+': '+show(i.parsed.y)}}}}});
  charts.push(chart);
  f.querySelectorAll('.legend button').forEach((b,i)=>{b.onclick=()=>{
   off.has(i)?off.delete(i):off.add(i);b.classList.toggle('off',off.has(i));b.setAttribute('aria-pressed',!off.has(i));
   chart.data.datasets.forEach((s,k)=>{if(s.curve===i)chart.setDatasetVisibility(k,!off.has(i))});chart.update();};});
 });
}
draw();matchMedia('(prefers-color-scheme: dark)').addEventListener('change',draw);
})();
)js";

/// Chart.js as it was installed, or nothing.
std::string chart_js() {
  for (const char* path : {"/usr/share/javascript/chart.js/chart.min.js", "/usr/share/nodejs/chart.js/dist/chart.umd.js", "/usr/share/nodejs/chart.js/dist/chart.min.js",
                           "/usr/share/javascript/chart.js/Chart.min.js"}) {
    std::ifstream in(path, std::ios::binary);
    if (!in) continue;
    std::stringstream content;
    content << in.rdbuf();
    std::string script = content.str();
    for (size_t at = 0; (at = script.find("</script", at)) != std::string::npos;) script.replace(at, 2, "<\\/");
    return script;
  }
  return "";
}

}  // namespace

std::string escape_html(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\'') out += "&#39;";
    else out += c;
  }
  return out;
}

std::string short_number(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", v);
  return buffer;
}

std::string percent_text(double share, int digits) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.*f%%", digits, share * 100);
  return buffer;
}

std::string with_prefix(double v, std::string_view unit) {
  static constexpr const char* prefixes[] = {"", "k", "M", "G", "T", "P"};
  int p = 0;
  while (std::abs(v) >= 999.5 && p < 5) v /= 1000, p++;
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, p == 0 || std::abs(v) >= 100 ? "%.0f" : std::abs(v) >= 10 ? "%.1f" : "%.2f", v);
  return text(buffer, " ", prefixes[p], unit);
}

std::string html_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows, std::string_view align) {
  auto cell = [&](const char* tag, size_t column, const std::string& html) {
    char a = column < align.size() ? align[column] : 'r';
    return text("<", tag, a == 'l' ? " class=\"l\">" : a == 'w' ? " class=\"l wrap\">" : ">", html, "</", tag, ">");
  };
  std::string out = "<div class=\"scroll\"><table><thead><tr>";
  for (size_t i = 0; i < head.size(); i++) out += cell("th", i, escape_html(head[i]));
  out += "</tr></thead><tbody>\n";
  for (auto& row : rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); i++) out += cell("td", i, row[i]);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string html_cards(const std::vector<std::pair<std::string, std::string>>& cards) {
  std::string out = "<dl class=\"cards\">";
  for (auto& [label, value] : cards) out += text("<div><dt>", escape_html(label), "</dt><dd>", escape_html(value), "</dd></div>");
  return out + "</dl>\n";
}

Page::Page(std::string title, std::string subtitle) : title_(std::move(title)) {
  body_ = text("<h1>", escape_html(title_), "</h1>\n");
  if (!subtitle.empty()) body_ += text("<p>", escape_html(subtitle), "</p>\n");
}

void Page::section(std::string_view heading, std::string_view html) { body_ += text("<h2>", escape_html(heading), "</h2>\n", html, "\n"); }

std::string Page::str() const {
  std::string out = text("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n",
                         "<title>", escape_html(title_), "</title>\n<style>", kStyle, "</style></head>\n<body>\n", body_);
  if (body_.find("data-chart=") != std::string::npos)
    if (std::string library = chart_js(); !library.empty()) out += text("<script>", library, "</script>\n<script>", kScript, "</script>\n");
  return out + "</body></html>\n";
}

void Page::write(const std::string& file) const { write_file_atomically(file, str()); }

}  // namespace tare::cli
