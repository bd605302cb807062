(function(){var a={},on;document.querySelectorAll("nav a").forEach(function(l){a[l.hash.slice(1)]=l});
if(!window.IntersectionObserver)return;var o=new IntersectionObserver(function(e){e.forEach(function(x){if(x.isIntersecting){if(on){on.className="";on.removeAttribute("aria-current")}
on=a[x.target.id];on.className="on";on.setAttribute("aria-current","true");var p=on.closest("ol");if(p.scrollWidth>p.clientWidth)p.scrollLeft=on.offsetLeft-p.clientWidth/3}})},{rootMargin:"0px 0px -75% 0px"});
for(var i in a){var t=document.getElementById(i);if(t)o.observe(t)}})();
