package render

// WritePage is the page with a picture of each account.
var WritePage = writePage
